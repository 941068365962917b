#!/bin/sh
# sanitized.sh asan|tsan COMMAND ...: runs a command whose C++ was built by the preset of that name.
# A Python that was not built with the sanitizer has to load its runtime first.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sanitizer=$1
shift
if [ "$sanitizer" = asan ]; then
  runtime=$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so)
  export UBSAN_OPTIONS=print_stacktrace=1
else
  runtime=$(clang++ -print-file-name="libclang_rt.tsan-$(uname -m).so")
  first=$here/../build/tsan/first.so
  clang -shared -fPIC "$here/tsan_first.c" -o "$first" -Wl,-z,initfirst "$runtime"
  runtime=$first:$runtime
  # Archer tells the sanitizer what OpenMP's barriers order.
  OMP_TOOL_LIBRARIES=$(clang++ -print-resource-dir)/../../libarcher.so
  test -e "$OMP_TOOL_LIBRARIES" || { echo "libarcher.so was not found: apt-get install libomp-dev" >&2; exit 1; }
  export OMP_TOOL_LIBRARIES
  export TSAN_OPTIONS="ignore_noninstrumented_modules=1:suppressions=$here/tsan.supp:halt_on_error=0:exitcode=66"
fi
case $1 in
  # The interpreter leaves what it never frees; memory that is refused is a test.
  *python*) export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 PYTHONMALLOC=malloc
    exec env LD_PRELOAD="$runtime" "$@" ;;
  *) exec "$@" ;;
esac
