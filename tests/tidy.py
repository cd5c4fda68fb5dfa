#!/usr/bin/env python3
"""The house rules that a compiler does not check. Prints each violation as FILE:LINE: what is wrong; exit 1 if there is one.

usage: tidy.py [ROOT]        the whole tree
       tidy.py --self-test   each rule against samples that keep and break it
"""
import os
import re
import sys

LAYERS = ['engine', 'tcp', 'http', 'apps']  # no include arrow to the right
FOLDERS = LAYERS + ['tests', 'bench']
SKIPPED_FOLDERS = re.compile(r'^(\.git|build.*|subprojects|__pycache__|\.cache)$')
RAW_FOLDERS = ('tests/http/cases/', 'tests/tcp/scripts/', 'tests/fuzz/')  # messages with white space and words of their own

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 130  # of C++, as .clang-format has it
SCRIPT_COLUMNS_MAX = 160  # of scripts and build files: commands and messages are not wrapped

# Headers without a test of their own, and why.
UNTESTED = {
    'apps/instance/instance.h': 'a whole instance; tests/memory starts them',
    'apps/instance/worker.h': 'members without behaviour; tests/memory runs them',
    'engine/packet_handler.h': 'an interface; tests/engine/shard_test.cc plays it',
    'engine/port.h': 'an interface; tests/support/sim_port.h is one, tests/engine/eth_port_test.cc tests the other',
    'tcp/application.h': 'an interface; tests/tcp/stack_fixture.h is one, tests/tcp/stack_test.cc plays it',
    'tcp/counters.h': 'data; tests/tcp/scripts assert what is counted',
    'tcp/snapshot.h': 'data; tests/tcp/stack_fixture.cc publishes it',
}

BANNED_WORDS = [
    (re.compile(r'\b(TODO|FIXME|XXX|HACK)\b'), 'finish it, or refuse it with a clear error'),
    (
        re.compile(r'\b([Nn]ot implemented|[Ff]or now|[Ww]ork in progress|[Pp]laceholder code)\b'),
        'say what it does, not what it will do one day',
    ),
    (re.compile(r'(?<![\w.])/(work|home|Users)/\w'), 'a path of somebody\'s machine'),
    (
        re.compile(
            r'\b(as an ai|language model|chat ?gpt|copilot|claude|i have implemented|as (you )?requested|'
            r'here is the (code|implementation|updated))\b|\bcertainly[,!]|\blet me (now|know|implement)\b',
            re.I,
        ),
        'talk to somebody who is not the reader',
    ),
]


def is_cpp(path):
    return path.endswith(('.h', '.cc', '.cpp'))


def is_code(path):
    return (
        is_cpp(path) or path.endswith(('.py', '.sh', 'meson.build', 'meson_options.txt')) or path.startswith(('scripts/', '.ci/'))
    )


def is_doc(path):
    return path.endswith('.md')


def blank_out(text):
    """C++ without comments and literals: each becomes spaces, line ends stay, so that offsets and lines agree."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|' r'(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'', re.S
    )
    return pattern.sub(lambda m: re.sub(r'[^\n]', ' ', m.group(0)), text)


def check_includes(path, text):
    folder = path.split('/')[0]
    if folder not in FOLDERS:
        return
    for number, line in enumerate(text.split('\n'), 1):
        match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if not match:
            continue
        other = match.group(1).split('/')[0]
        if other not in FOLDERS or '/' not in match.group(1):
            yield number, f'include "{match.group(1)}": write it from the root of the tree'
        elif other in ('tests', 'bench') and folder not in ('tests', 'bench'):
            yield number, f'{folder} includes {other}: nothing but tests and benchmarks does'
        elif folder in LAYERS and other in LAYERS and LAYERS.index(other) > LAYERS.index(folder):
            yield number, f'{folder} includes {other}: layers are {" <- ".join(LAYERS)}'


def check_header(path, text):
    if not path.endswith('.h'):
        return
    if '#pragma once' not in text:
        yield 1, 'a header without #pragma once'
    for number, line in enumerate(blank_out(text).split('\n'), 1):
        match = re.search(r'\busing\s+namespace\s+([\w:]+)', line)
        if match and not match.group(1).endswith('_literals'):  # literal suffixes collide with nothing
            yield number, f'using namespace {match.group(1)} in a header'


def functions(code):
    """(first line, last line) of each function body with its head, outermost ones only; `code` without comments and literals."""
    code = re.sub(r'(?m)^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', lambda m: re.sub(r'[^\n]', ' ', m.group(0)), code)
    depth = 0  # of braces that are not transparent (inside a function or an initialiser)
    transparent = 0  # namespaces and classes around us
    head = 0  # offset behind the last ; { or } outside of functions
    start = None
    is_member = False  # inside the braces of a member initialiser: the head goes on behind them
    for match in re.finditer(r'[{};]', code):
        at, brace = match.start(), match.group(0)
        if depth > 0:
            depth += {'{': 1, '}': -1, ';': 0}[brace]
            if depth == 0:
                if start is not None:
                    yield start, code.count('\n', 0, at) + 1
                start, head, is_member = None, head if is_member else at + 1, False
            continue
        if brace == '{':
            text = re.sub(r'^\s*(public|private|protected)\s*:', lambda m: ' ' * len(m.group(0)), code[head:at])
            if is_scope(text):
                transparent += 1
            else:
                depth = 1
                is_member = re.search(r'\)[\s\w]*:[^:]', text) is not None and re.search(r'\w$', text) is not None
                if not is_member and '(' in text and ' = ' not in text.split('(')[0]:
                    first = head + len(text) - len(text.lstrip())
                    start = code.count('\n', 0, first) + 1
                if is_member:
                    continue
        elif brace == '}':
            transparent = max(0, transparent - 1)
        head = at + 1


def is_scope(head):
    """Whether a brace behind this text opens a namespace, a class or the like."""
    if re.search(r'\b(namespace|extern)\b', head) or re.fullmatch(r'\s*', head):
        return True
    scope = r'(?<![<,\w])\s*(class|struct|union|enum)\b(\s+alignas\s*\([^()]*\))?(?!.*\boperator\b)[^()=]*$'
    return re.search(scope, head, re.S) is not None


def check_sizes(path, text):
    if not is_cpp(path):
        return
    lines = text.count('\n') + (not text.endswith('\n'))
    if path.split('/')[0] in LAYERS and lines > FILE_LINES_MAX:
        yield FILE_LINES_MAX, f'{lines} lines, more than {FILE_LINES_MAX}: two concepts in one file?'
    for first, last in functions(blank_out(text)):
        if last - first + 1 > FUNCTION_LINES_MAX:
            yield first, f'a function of {last - first + 1} lines, more than {FUNCTION_LINES_MAX}'


def check_words(path, text):
    if path == 'tests/tidy.py' or not (is_code(path) or is_doc(path) or path.endswith('.toml')):
        return
    for number, line in enumerate(text.split('\n'), 1):
        for pattern, advice in BANNED_WORDS:
            match = pattern.search(line)
            if match:
                yield number, f'"{match.group(0)}": {advice}'


def raw_string_lines(text):
    """Numbers of the lines inside of raw strings: pages and messages, not code."""
    lines = set()
    for match in re.finditer(r'R"([^(\s]*)\(.*?\)\1"', text, re.S):
        first = text.count('\n', 0, match.start()) + 1
        lines.update(range(first + 1, first + match.group(0).count('\n') + 1))
    return lines


def check_white_space(path, text):
    if not (is_code(path) or is_doc(path)):
        return
    raw = raw_string_lines(text) if is_cpp(path) else set()
    columns_max = COLUMNS_MAX if is_cpp(path) else SCRIPT_COLUMNS_MAX
    for number, line in enumerate(text.split('\n'), 1):
        if '\t' in line:
            yield number, 'a tab'
        if line != line.rstrip():
            yield number, 'white space at the end of the line'
        if is_code(path) and number not in raw and len(line) > columns_max:
            yield number, f'{len(line)} columns, more than {columns_max}'


RULES = [check_includes, check_header, check_sizes, check_words, check_white_space]


def check_file(path, text):
    if path.startswith(RAW_FOLDERS) and not is_cpp(path):
        return []
    return [(path, number, what) for rule in RULES for number, what in (rule(path, text) or [])]


def check_mirrors(paths, untested):
    """Every header has its test: engine/x.h has tests/engine/x_test.cc, apps/admin/x.h has tests/apps/admin/x_test.cc."""
    present = set(paths)
    violations = []
    for path in sorted(present):
        match = re.fullmatch(r'(engine|tcp|http|apps(?:/\w+)?)/(\w+)\.h', path)
        if not match:
            continue
        test = f'tests/{match.group(1)}/{match.group(2)}_test.cc'
        if test not in present and path not in untested:
            violations.append((path, 1, f'has no test {test}'))
        if test in present and path in untested:
            violations.append((path, 1, 'has a test: take it out of UNTESTED in tests/tidy.py'))
    for path in sorted(set(untested) - present):
        violations.append((path, 1, 'is no file: take it out of UNTESTED in tests/tidy.py'))
    return violations


def tree(root):
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(s for s in subfolders if not SKIPPED_FOLDERS.match(s))
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), root)


def check_tree(root):
    paths = list(tree(root))
    violations = check_mirrors(paths, UNTESTED)
    for path in paths:
        if not (is_code(path) or is_doc(path) or path.endswith('.toml')):
            continue
        with open(os.path.join(root, path), encoding='utf-8', errors='replace') as file:
            violations += check_file(path, file.read())
    return len(paths), violations


def self_test():
    header = '#pragma once\n'
    long_body = 'x();\n' * FUNCTION_LINES_MAX
    bad = [
        ('engine/a.cc', '#include "tcp/b.h"\n', 'engine includes tcp'),
        ('tcp/a.cc', '#include "apps/x/b.h"\n', 'tcp includes apps'),
        ('http/a.cc', '#include "tests/support/b.h"\n', 'http includes tests'),
        ('apps/a.cc', '#include "bench/b.h"\n', 'apps includes bench'),
        ('tests/engine/a_test.cc', '#include "../a.h"\n', 'from the root'),
        ('engine/a.h', 'int x;\n', 'pragma once'),
        ('engine/a.h', header + 'using namespace std;\n', 'using namespace std'),
        ('engine/a.cc', 'int x;\n' * (FILE_LINES_MAX + 1), '401 lines'),
        ('engine/a.cc', 'namespace engine {\nvoid f() {\n' + long_body + '}\n}\n', 'a function of 72 lines'),
        (
            'engine/a.h',
            header + 'class A {\n public:\n  void f() const noexcept {\n' + long_body + '  }\n};\n',
            'a function of 72 lines',
        ),
        ('engine/a.cc', 'A::A(int x)\n    : x_{x}, y_{"}"} {\n' + long_body + '}\n', 'a function of 73 lines'),
        ('engine/a.cc', 'template <class T>\nvoid f() {\n' + long_body + '}\n', 'a function of 73 lines'),
        ('tests/a_test.cc', 'TEST(A, B) {\n' + long_body + '}\n', 'a function of 72 lines'),
        ('tcp/a.cc', '// TO' + 'DO: later\n', 'TODO'),
        ('docs/a.md', 'It is not imple' + 'mented.\n', 'not implemented'),
        ('scripts/x', 'cd /ho' + 'me/joe/penstock\n', 'somebody\'s machine'),
        ('engine/a.cc', '// As re' + 'quested, it waits.\n', 'not the reader'),
        ('engine/a.cc', 'int\tx;\n', 'a tab'),
        ('docs/a.md', 'words \n', 'white space at the end'),
        ('engine/a.cc', '//' + 'x' * COLUMNS_MAX + '\n', '132 columns'),
        ('scripts/x', '#' + 'x' * SCRIPT_COLUMNS_MAX + '\n', '161 columns'),
    ]
    good = [
        ('http/a.cc', '#include "engine/a.h"\n#include "tcp/b.h"\n#include <tests/x.h>\n'),
        ('tests/tcp/a_test.cc', '#include "apps/a.h"\n#include "tests/support/b.h"\n'),
        ('bench/engine/a_bench.cc', '#include "tests/support/eal.h"\n'),
        ('engine/a.h', header + 'using namespace std::chrono_literals;\n// using namespace std: never\n'),
        ('engine/a.cc', 'const char* t = "{ {";\nvoid f() {\n  if (x) {\n  }\n}\n' + 'int x;\n' * 80),
        ('engine/a.cc', 'constexpr auto table = to_array<Row>({\n' + '    {1, 2},\n' * 100 + '});\nvoid f() {}\n'),
        (
            'engine/a.h',
            header + 'class alignas(64) A {\n' + '  void f();\n' * 100 + '};\n' + 'struct B : A {\n' + '  int x;\n' * 99 + '};\n',
        ),
        ('engine/a.cc', "constexpr int n = 1'000'000;\nvoid f() {\n}\n" + 'int x;\n' * 80 + "int y = 'a';\n"),
        ('http/cases.md', 'XXXL is a size, a hack is none.\n'),
        ('tests/http/cases/a.md', 'GET /\tHTTP/1.1 \n'),
        ('docs/a.md', 'x' * 500 + '\n'),
        ('apps/a.cc', 'const char* page = R"html(<p>\n' + 'x' * 500 + '\n)html";\n'),
        ('scripts/x', '#' + 'x' * COLUMNS_MAX + '\n'),
    ]
    failures = []
    for path, text, expected in bad:
        found = [what for _, _, what in check_file(path, text)]
        if not any(expected in what for what in found):
            failures.append(f'{path}: expected "{expected}", found {found}')
    for path, text in good:
        failures += [f'{path}:{number}: {what}, but it keeps the rules' for _, number, what in check_file(path, text)]
    mirrors = check_mirrors(
        ['engine/a.h', 'engine/b.h', 'tests/engine/b_test.cc', 'tcp/c.h', 'http/d.h', 'tests/http/d_test.cc']
        + ['apps/e.h', 'tests/apps/e_test.cc', 'apps/x/f.h', 'tests/apps/x/f_test.cc', 'apps/x/g.h', 'tests/apps/g_test.cc'],
        {'tcp/c.h': 'why', 'http/d.h': 'why', 'http/gone.h': 'why'},
    )
    if [path for path, _, _ in mirrors] != ['apps/x/g.h', 'engine/a.h', 'http/d.h', 'http/gone.h']:
        failures.append(f'mirrors: {mirrors}')
    for failure in failures:
        print(failure)
    print(f'tidy self-test: {len(bad) + len(good) + 1} samples, {len(failures)} failures')
    return 1 if failures else 0


def main(arguments):
    if arguments == ['--self-test']:
        return self_test()
    root = arguments[0] if arguments else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    count, violations = check_tree(root)
    for path, number, what in violations:
        print(f'{path}:{number}: {what}')
    print(f'tidy: {count} files, {len(violations)} violations')
    return 1 if violations else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
