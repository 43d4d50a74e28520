# The stack bound of tools/fit on call graphs small enough to add up by hand.
# SPDX-License-Identifier: MIT
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools"))
from fit_stack import (  # noqa: E402
    Graph, Resolver, StackError, Types, add_library, deepest, member_tables, parameter_type)

SOURCE = """\
static const struct ops ops = { .read = board_read, .size = 4, .trace = board_trace,
};
void set(struct x *x, fn *deliver) { x->deliver = deliver; }
void go(struct x *x) { x->ops->read(x->context, 1); }
void tell(struct x *x) { x->deliver(x->thing(1)); }
void walk(struct x *x, walk_fn *visit) { visit(x->thing(1)); }
typedef void fn(const struct frame *frame);
typedef int walk_fn(int);
struct x { fn *deliver; int (*thing)(unsigned number); };
void callback(const struct frame *frame) { }
int board_read(void *context, int i) { }
static void board_trace(void *context) { }
int visitor(int i) { }
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
        types = Types({"x.c": SOURCE})
        tables, open_members = member_tables(root, ["x.c"], graph)
        return deepest(graph, Resolver(root, graph, tables, open_members, set(taken), types),
                       start)[0]


def refused(text, **arguments):
    try:
        bound(text, **arguments)
    except StackError:
        return True
    return False


NAMES = (node("main", 8) + node("a", 16) + node("b", 32) + node("board_read", 64)
         + node("board_trace", 100) + node("callback", 200) + node("visitor", 300)
         + node("unknown", 400))
TAKEN = ["board_read", "board_trace", "callback", "visitor"]

# Types without names.
for text, kind in (("const uint8_t in[16]", "const uint8_t *"), ("unsigned slot", "unsigned"),
                   ("unsigned", "unsigned"), ("enum e region", "enum e"), ("enum e", "enum e"),
                   ("struct mac *mac", "struct mac *"), ("void", "void"), ("size_t n", "size_t"),
                   ("const char *", "const char *"), ("unsigned char c", "unsigned char")):
    assert parameter_type(text) == kind, text
# The deeper of two branches, shared tails counted once a path.
assert bound(NAMES + edge("main", "a") + edge("main", "b") + edge("a", "b")) == 8 + 16 + 32
# A call through a table's member reaches what the table names, and nothing else.
READ = edge("main", "__indirect_call", "x.c:4:24")
assert bound(NAMES + READ, taken=TAKEN) == 8 + 64
# A member that is assigned at run time reaches every function of its type.
TELL = edge("main", "__indirect_call", "x.c:5:26")
assert bound(NAMES + TELL, taken=TAKEN) == 8 + 200
# A pointer that is a parameter too.
WALK = edge("main", "__indirect_call", "x.c:6:42")
assert bound(NAMES + WALK, taken=TAKEN) == 8 + 300
# A function whose definition was not found may have any type.
assert bound(NAMES + WALK, taken=TAKEN + ["unknown"]) == 8 + 400
# A call whose place is unknown reaches all that is taken.
assert bound(NAMES + edge("main", "__indirect_call", ""), taken=TAKEN) == 8 + 300
# Library functions are measured where gcc's graph ends.
assert bound(NAMES + edge("main", "divide"),
             library={"divide": [24, {"helper"}], "helper": [4, set()]}) == 8 + 24 + 4
# A helper that only the assembler sees counts too.
assert bound(NAMES, library={"main": [8, {"switch_helper"}], "switch_helper": [4, set()]}) == 12
# A helper that gcc lists but did not emit is no call.
assert bound(NAMES + 'node: { title: "div" label: "div\\n<built-in>" shape : ellipse }\n'
             + edge("main", "div")) == 8
# Refused: recursion, directly or through a pointer, and frames without a bound.
assert refused(NAMES + edge("main", "a") + edge("a", "b") + edge("b", "a"))
assert refused(NAMES + TELL + edge("callback", "main"), taken=["callback"])
assert refused(NAMES + edge("main", "c") + node("c", 8, "dynamic"))
assert refused(NAMES + edge("main", "nobody_knows"))
