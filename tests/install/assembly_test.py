#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The hit path in C++ is, instruction by instruction, the one in C.

    assembly_test.py ROOT

Compiles the same two functions as C11 and as C++11, 17 and 20, with gcc and
with clang, as far as they are there, plain and for AddressSanitizer.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path()
PAIRS = [pair for pair in (('gcc', 'g++'), ('clang', 'clang++'))
         if all(map(shutil.which, pair))]
STANDARDS = ('c++11', 'c++17', 'c++20')
SANITIZERS = ((), ('-fsanitize=address',))
TEXT = '''
#include <driftpool/pool.h>
#ifdef __cplusplus
extern "C" {
#endif
void *lend(struct dp_worker *worker);
void take(struct dp_worker *worker, void *object);
void *lend(struct dp_worker *worker) { return dp_borrow(worker); }
void take(struct dp_worker *worker, void *object)
{
	dp_return(worker, object);
}
#ifdef __cplusplus
}
#endif
'''

# The same by way of a worker that the caller points to, in C and by pool.hpp.
C_WORKER = TEXT.replace('struct dp_worker *worker', 'struct dp_worker **worker'
                        ).replace('(worker', '(*worker')
CPP_WORKER = '''
#include <driftpool/pool.hpp>
using worker = driftpool::worker<int>;
extern "C" int *lend(worker &w) { return w.borrow(); }
extern "C" void take(worker &w, int *object) { w.give_back(object); }
'''


def instructions(compiler, language, standard, *flags, text=TEXT):
    """{function: its instructions} as the compiler writes them."""
    out = subprocess.run(
        [compiler, f'-std={standard}', '-O2', '-Wall', '-Wextra', '-Werror',
         '-I', ROOT / 'include', *flags, '-S', '-o', '-', '-x', language, '-'],
        input=text, text=True, check=True, stdout=subprocess.PIPE).stdout
    found = {}
    for name in ('lend', 'take'):
        body = re.search(rf'^{name}:[^\n]*\n(.*?)^\t\.size\t{name},', out,
                         re.M | re.S).group(1)
        found[name] = [' '.join(line.split('#')[0].split())
                       for line in body.splitlines()
                       if re.match(r'\t[a-z]', line)]
    return found


def calls(code):
    """What instructions call or jump to that is the library's."""
    return set(re.findall(r'\b(_?dp_\w+|_Z\w*dp_\w+)', '\n'.join(code)))


@unittest.skipUnless(PAIRS, 'no gcc with g++, no clang with clang++')
class Assembly(unittest.TestCase):
    """Each pair of compilers against itself."""
    maxDiff = None

    def test_cpp_is_c(self):
        for c, cpp in PAIRS:
            for flags in SANITIZERS:
                wanted = instructions(c, 'c', 'c11', *flags)
                for standard in STANDARDS:
                    with self.subTest(cpp, standard=standard, flags=flags):
                        self.assertEqual(
                            instructions(cpp, 'c++', standard, *flags), wanted)

    def test_pool_hpp_is_c(self):
        for c, cpp in PAIRS:
            for flags in SANITIZERS:
                wanted = instructions(c, 'c', 'c11', *flags, text=C_WORKER)
                for standard in STANDARDS:
                    with self.subTest(cpp, standard=standard, flags=flags):
                        self.assertEqual(instructions(
                            cpp, 'c++', standard, *flags, text=CPP_WORKER),
                            wanted)

    def test_inline_calls_the_slow_path_alone(self):
        for _, cpp in PAIRS:
            found = instructions(cpp, 'c++', 'c++11')
            self.assertEqual(calls(found['lend']), {'dp__borrow_slow'})
            self.assertEqual(calls(found['take']), {'dp__return_slow'})

    def test_a_call_is_told_from_it(self):
        for c, cpp in PAIRS:
            wanted = instructions(c, 'c', 'c11')
            found = instructions(cpp, 'c++', 'c++11', '-DDP_NO_INLINE')
            self.assertEqual(calls(found['lend']), {'dp_borrow'})
            self.assertNotEqual(found, wanted)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    ROOT = pathlib.Path(sys.argv.pop())
    unittest.main()
