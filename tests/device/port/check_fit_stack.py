# The stack bound of tools/fit on call graphs small enough to add up by hand.
# SPDX-License-Identifier: MIT
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools"))
from fit_stack import Graph, Resolver, StackError, add_library, deepest, member_tables  # noqa: E402

SOURCE = """\
static const struct ops ops = { .read = board_read, .size = 4, .trace = board_trace,
};
void set(struct x *x, fn *deliver) { x->deliver = deliver; }
void go(struct x *x) { x->ops->read(x->context, 1); }
void tell(struct x *x) { x->deliver(x->thing(1)); }
"""


def node(name, size, kind="static"):
    return f'node: {{ title: "{name}" label: "{name}\\nx.c:1:1\\n{size} bytes ({kind})" }}\n'


def edge(source, target, place="x.c:1:1"):
    return f'edge: {{ sourcename: "{source}" targetname: "{target}" label: "{place}" }}\n'


def bound(text, taken=(), library=None, start="main"):
    graph = Graph()
    graph.read_ci(text)
    add_library(graph, library or {})
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "x.c").write_text(SOURCE)
        tables, open_members = member_tables(root, ["x.c"], graph)
        return deepest(graph, Resolver(root, graph, tables, open_members, set(taken)), start)[0]


def refused(text, **arguments):
    try:
        bound(text, **arguments)
    except StackError:
        return True
    return False


NAMES = (node("main", 8) + node("a", 16) + node("b", 32) + node("board_read", 64)
         + node("board_trace", 100) + node("callback", 200))

# The deeper of two branches, shared tails counted once a path.
assert bound(NAMES + edge("main", "a") + edge("main", "b") + edge("a", "b")) == 8 + 16 + 32
# A call through a table's member reaches what the table names, and nothing else.
READ = edge("main", "__indirect_call", "x.c:4:24")
assert bound(NAMES + READ, taken=["board_read", "board_trace", "callback"]) == 8 + 64
# A member that is assigned at run time reaches every other function whose address is taken.
TELL = edge("main", "__indirect_call", "x.c:5:26")
assert bound(NAMES + TELL, taken=["board_read", "board_trace", "callback"]) == 8 + 200
# So does a call whose place is unknown.
assert bound(NAMES + edge("main", "__indirect_call", ""), taken=["callback"]) == 8 + 200
# Library functions are measured where gcc's graph ends.
assert bound(NAMES + edge("main", "divide"),
             library={"divide": [24, {"helper"}], "helper": [4, set()]}) == 8 + 24 + 4
# A helper that only the assembler sees counts too.
assert bound(NAMES, library={"main": [8, {"switch_helper"}], "switch_helper": [4, set()]}) == 12
# Refused: recursion, directly or through a pointer, and frames without a bound.
assert refused(NAMES + edge("main", "a") + edge("a", "b") + edge("b", "a"))
assert refused(NAMES + TELL + edge("callback", "main"), taken=["callback"])
assert refused(NAMES + edge("main", "c") + node("c", 8, "dynamic"))
assert refused(NAMES + edge("main", "nobody_knows"))
