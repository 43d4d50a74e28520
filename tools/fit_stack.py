# The deepest stack of a linked program, from gcc's call graph files and the disassembly.
# SPDX-License-Identifier: MIT
"""How the bound is found.

Frames and direct calls come from the .ci files of gcc (-fcallgraph-info=su). Functions that gcc
did not compile here (libgcc) are measured in the disassembly.

An indirect call is resolved by the name it goes through, read from the source at the call's
place. `h->ops->flash_read(...)` reaches what `.flash_read = ...` names in some table. A name that
is given anything else somewhere reaches every function of its type whose address is taken; a call
without a name, or whose type was not found, every function whose address is taken. So the bound
holds as long as pointers to functions are not cast and one member is not filled both by
designated initialisers and by position.

Interrupts have one priority: they do not nest. Each costs the eight words that the core stacks,
and perhaps one to align. A fault resets the board; it is not counted.
"""
import re
import subprocess

EXCEPTION_FRAME = 8 * 4 + 4
ENTRY = "reset_handler"
HANDLERS = ["rtc_handler", "dio_handler", "systick_handler"]
INDIRECT = "__indirect_call"


class StackError(Exception):
    pass


class Graph:
    def __init__(self):
        self.frame = {}      # title -> bytes
        self.calls = {}      # title -> set of titles
        self.indirect = {}   # title -> set of "file:line:column"
        self.by_name = {}    # plain name -> set of titles
        self.helpers = set() # names of the compiler's own helper functions

    def read_ci(self, text):
        for line in text.splitlines():
            node = re.match(r'node: \{ title: "([^"]+)" label: "([^"]*)"', line)
            edge = re.match(
                r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"(?: label: "([^"]*)")?', line)
            if node:
                self.add_node(*node.groups())
            elif edge:
                source, target, place = edge.groups()
                if target == INDIRECT:
                    self.indirect.setdefault(source, set()).add(place or "")
                else:
                    self.calls.setdefault(source, set()).add(target)

    def add_node(self, title, label):
        size = re.search(r"(\d+) bytes \(([^)]*)\)", label)
        if not size: # a declaration
            if label.endswith("<built-in>"):
                self.helpers.add(title)
            return
        if size.group(2) != "static":
            raise StackError(f"the frame of {title} has no fixed size ({size.group(2)})")
        self.frame[title] = int(size.group(1))
        self.by_name.setdefault(title.split(":")[-1], set()).add(title)


def tool(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def disassembled(cross, elf):
    """name -> (frame bytes, called names) of every function in the program."""
    addresses = {}
    for line in tool([cross + "nm", str(elf)]).splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[1] in "tTwW":
            addresses.setdefault(int(fields[0], 16), []).append(fields[2])
    functions = {}
    aliases = []
    for line in tool([cross + "objdump", "-d", "--no-show-raw-insn", str(elf)]).splitlines():
        head = re.match(r"([0-9a-f]+) <([^>]+)>:", line)
        if head:
            aliases = addresses.get(int(head.group(1), 16), []) + [head.group(2)]
            entry = [0, set()]
            for name in aliases:
                entry = functions.setdefault(name, entry)
            for name in aliases:
                functions[name] = entry
            continue
        if not aliases:
            continue
        entry = functions[aliases[0]]
        push = re.search(r"\tpush\t\{([^}]*)\}", line)
        grow = re.search(r"\tsub\tsp, #(\d+)", line)
        branch = re.search(r"\tb(?:l|\.n|\.w|)\t[0-9a-f]+ <([^>+]+)>", line)
        if push:
            entry[0] += 4 * len(push.group(1).split(","))
        elif grow:
            entry[0] += int(grow.group(1))
        elif branch and branch.group(1) not in aliases:
            entry[1].add(branch.group(1))
        elif re.search(r"\tblx\t", line):
            entry[1].add(INDIRECT)
    return functions


def add_library(graph, functions):
    """Adds what gcc's graph lacks: library functions, and calls that only the assembler sees."""
    known = set(graph.by_name)
    for name, (frame, calls) in functions.items():
        if name not in known:
            if INDIRECT in calls:
                raise StackError(f"library function {name} calls through a pointer")
            graph.frame[name] = frame
            graph.calls[name] = {call for call in calls if call not in known}
            for call in calls & known:
                graph.calls[name] |= graph.by_name[call]
            continue
        helpers = {call for call in calls if call not in known and call in functions}
        for title in graph.by_name[name]:
            graph.calls.setdefault(title, set()).update(helpers)
    # gcc lists helpers whose call it dropped later; what is not linked is not called.
    absent = {name for name in graph.helpers if name not in graph.frame}
    for calls in graph.calls.values():
        calls -= absent


def without_comments(path):
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)


def member_tables(root, sources, graph):
    """member -> functions that designated initialisers and assignments give it, and the members
    that are assigned something else too."""
    bound, open_members = {}, set()
    for source in sources:
        text = without_comments(root / source)
        for member, value in re.findall(r"(?<![\w\])])\.(\w+)\s*=\s*&?([A-Za-z_]\w*)\s*[,}]", text):
            if value in graph.by_name:
                bound.setdefault(member, set()).update(of_file(graph, value, source))
        for member, value in re.findall(r"(?:->|(?<=[\w\])])\.)(\w+)\s*=\s*([^;=]+);", text):
            if value.strip() in graph.by_name:
                bound.setdefault(member, set()).update(of_file(graph, value.strip(), source))
            else:
                open_members.add(member)
    return bound, open_members


def of_file(graph, name, source):
    """Titles of a name as this file sees it: its own static function first."""
    own = {title for title in graph.by_name[name] if title == f"{source}:{name}"}
    return own or {title for title in graph.by_name[name] if title == name}


def address_taken(cross, sources, objects, graph):
    """Functions whose address is stored somewhere, except in the vector table."""
    taken = set()
    for source, obj in zip(sources, objects):
        section = ""
        for line in tool([cross + "objdump", "-r", str(obj)]).splitlines():
            head = re.match(r"RELOCATION RECORDS FOR \[([^\]]+)\]", line)
            if head:
                section = head.group(1)
            entry = re.match(r"[0-9a-f]+ R_ARM_ABS32\s+(\S+)", line)
            if entry and section != ".vectors" and not section.startswith(".debug"):
                name = re.sub(r"\+0x[0-9a-f]+$", "", entry.group(1)).removeprefix(".text.")
                if name in graph.by_name:
                    taken |= of_file(graph, name, source)
    return taken


def parameter_type(text):
    """A parameter without its name; an array is a pointer."""
    text = re.sub(r"\[[^\]]*\]", "", text.replace("restrict", "")) + " *" * ("[" in text)
    words = re.findall(r"\w+|\*", text)
    types = {"void", "bool", "char", "short", "int", "long", "unsigned", "signed", "size_t"}
    named = [i for i, word in enumerate(words) if word != "*" and word != "const"]
    last = named[-1] if named else 0
    tagged = last > 0 and words[last - 1] in ("struct", "enum", "union")
    if len(named) > 1 and not tagged and words[last] not in types:
        del words[last]
    return " ".join(words)


def signature(result, parameters):
    result = re.sub(r"\b(static|inline|extern|typedef)\b", "", result)
    result = " ".join(re.findall(r"\w+|\*", result))
    return (result, *[parameter_type(text) for text in parameters.split(",")])


class Types:
    """Signatures of functions and of names that point to functions, from the sources' text."""

    def __init__(self, texts):
        self.functions, self.pointers, typedefs = {}, {}, {}
        for text in texts.values():
            for result, name, parameters in re.findall(
                    r"([\w \t*]+)\(\*(?:const )?(\w+)(?:\[[^\]]*\])?\)\s*\(([^()]*)\)", text):
                self.pointers.setdefault(name, set()).add(signature(result, parameters))
            for result, name, parameters in re.findall(
                    r"typedef ([\w *]+?)(\w+)\s*\(([^()]*)\);", text):
                typedefs[name] = signature(result, parameters)
        for path, text in texts.items():
            for result, name, parameters in re.findall(
                    r"^([\w][\w *]*?)(\w+)\(([^()]*)\)\s*\{", text, re.M):
                self.functions[(path, name)] = signature(result, parameters)
            for kind, name in re.findall(r"(\w+) \*(?:const )?(\w+)", text):
                if kind in typedefs:
                    self.pointers.setdefault(name, set()).add(typedefs[kind])

    def of_type(self, name, taken):
        """Those of the functions `taken` that a pointer of this name may point to."""
        wanted = self.pointers.get(name)
        if not wanted:
            return taken
        return {title for title in taken if self.signature_of(title) in wanted | {None}}

    def signature_of(self, title):
        path, _, name = title.rpartition(":")
        name = name.split(".")[0] # constprop, isra: clones of the function
        found = {value for (file, function), value in self.functions.items()
                 if function == name and path in ("", file)}
        return found.pop() if len(found) == 1 else None


class Resolver:
    def __init__(self, root, graph, bound, open_members, taken, types):
        self.root, self.graph, self.types = root, graph, types
        self.bound = {m: f for m, f in bound.items() if m not in open_members}
        self.taken = taken
        self.lines = {}

    def targets(self, place):
        found = re.match(r"(.+):(\d+):(\d+)$", place)
        if found:
            path, line, column = found.group(1), int(found.group(2)), int(found.group(3))
            if path not in self.lines:
                self.lines[path] = (self.root / path).read_text().splitlines()
            # The place is where the call's expression begins, or that of a call around it.
            text = " ".join(self.lines[path][line - 1 : line + 5])[column - 1 :].split(";")[0]
            names = re.findall(r"(\w+)(?:\[[^\]]*\])?\)?\s*\(", text)
            if names and names[0] in self.graph.by_name and not self.is_pointer(names[0]):
                names = [name for name in names if self.is_pointer(name)]
            else:
                names = names[:1]
            if names:
                return set().union(*[self.targets_of(name) for name in names])
        return self.taken

    def is_pointer(self, name):
        return name in self.bound or name in self.types.pointers

    def targets_of(self, name):
        return self.bound[name] if name in self.bound else self.types.of_type(name, self.taken)


def deepest(graph, resolver, start):
    """Bytes and path from `start` down; raises when a function can reach itself."""
    done, open_path = {}, []

    def callees(title):
        result = set(graph.calls.get(title, ()))
        for place in graph.indirect.get(title, ()):
            result |= resolver.targets(place)
        return sorted(result)

    stack = [(start, None)]
    while stack:
        title, rest = stack.pop()
        if rest is None:
            if title in done:
                continue
            if title in open_path:
                cycle = open_path[open_path.index(title):] + [title]
                raise StackError("recursion: " + " -> ".join(cycle))
            if title not in graph.frame:
                raise StackError(f"no frame size known for {title}")
            open_path.append(title)
            stack.append((title, True))
            stack.extend((callee, None) for callee in callees(title))
            continue
        open_path.pop()
        below = max(((done[c][0], c) for c in callees(title)), default=(0, None))
        done[title] = (graph.frame[title] + below[0], below[1])
    path, title = [], start
    while title:
        path.append(f"{graph.frame[title]:6d}  {title}")
        title = done[title][1]
    return done[start][0], path


def worst_stack(root, cross, elf, sources, objects):
    """Deepest stack of the program in bytes, and a text that shows the path."""
    graph = Graph()
    for obj in objects:
        graph.read_ci(obj.with_suffix(".ci").read_text())
    add_library(graph, disassembled(cross, elf))
    bound, open_members = member_tables(root, sources, graph)
    taken = address_taken(cross, sources, objects, graph)
    texts = {str(path.relative_to(root)): without_comments(path)
             for path in sorted((root / "device").rglob("*.[ch]"))}
    resolver = Resolver(root, graph, bound, open_members, taken, Types(texts))
    main_size, main_path = deepest(graph, resolver, ENTRY)
    handler_size, handler_path = max(deepest(graph, resolver, handler) for handler in HANDLERS)
    total = main_size + EXCEPTION_FRAME + handler_size
    lines = [f"{total:6d}  in all", *main_path, f"{EXCEPTION_FRAME:6d}  exception frame",
             *handler_path]
    return total, "\n".join(lines) + "\n"
