# Each target creates what it needs, may be repeated, and says what it is doing.
PYTHON ?= python3
FUZZ_MINUTES ?= 5
FUZZ_SEED ?= 0
VENV   := .venv
BIN    := $(VENV)/bin
DOCTEST := $(firstword $(wildcard /usr/include/doctest/doctest.h /usr/local/include/doctest/doctest.h /opt/homebrew/include/doctest/doctest.h))
SOURCES := $(shell find cpp/include cpp/src cpp/bindings cmake python -type f -not -path '*/__pycache__/*') CMakeLists.txt pyproject.toml

# Run by `make test` in every instruction set that the package holds, beside the best: kernels, bits, solve, resume.
EVERY_ISA := tests/operators/test_dense.py tests/operators/test_gram.py tests/reliability/test_same_bits.py \
             tests/properties/test_exact_scaling.py tests/test_solve.py tests/test_resume.py
# What the sanitizers see of the Python layer.
RELIABILITY := tests/reliability/test_same_bits.py tests/reliability/test_batch_bits.py tests/reliability/test_extremes.py \
               tests/reliability/test_interrupt.py tests/test_resume.py
CONFIGURE = -G Ninja -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python -DCMAKE_MAKE_PROGRAM=$(CURDIR)/$(BIN)/ninja --log-level=NOTICE

.PHONY: help demo bench reproductions dev test test-cpp test-wheel test-python test-isa asan tsan fuzz check lint types clean always

help:
	@echo "make demo    build, then recover a synthetic matrix and a real one; figure in demo/demo.png"
	@echo "make test    build, then all C++ and Python tests"
	@echo "make dev     after an edit of C++: rebuild what changed, for this CPU, and put it into .venv"
	@echo "make asan, make tsan   C++ and Python tests under the sanitizers of addresses and of threads"
	@echo "make bench   build, then time ipgd beside numpy, torch and jax; writes docs/benchmarks.md"
	@echo "make reproductions   build, then run the figures of the papers; writes docs/reproductions.md and docs/pairings.md"
	@echo "make fuzz    build, then throw random arguments and files at everything (FUZZ_MINUTES=5, FUZZ_SEED=0)"
	@echo "make check   lint, types, tests"
	@echo "make clean   remove builds, the virtual environment and the demo"

demo: $(VENV)/.installed
	@echo "== recovering low-rank matrices (half a minute)"
	$(BIN)/ipgd demo --output demo

bench: $(VENV)/.installed $(VENV)/.bench-tools
	@echo "== benchmarks (a quarter of an hour on an idle machine)"
	$(BIN)/python bench/run.py

reproductions: $(VENV)/.installed
	@echo "== figures of the papers at full size (up to 20 minutes each; one alone: ipgd reproduce NAME)"
	$(BIN)/python -m ipgd.experiments.pairings --output docs/pairings.md
	$(BIN)/ipgd reproduce --all --force --output build/reproduced
	$(BIN)/python -m ipgd.reproduce.gallery build/reproduced --output docs

# File by file, so that an edit of one file compiles that file; the best instruction set of this CPU alone.
dev: $(VENV)/.build-tools
	@test -e $(VENV)/.installed || $(MAKE) $(VENV)/.installed
	@isa=$$($(BIN)/python -c "from ipgd import _core; print(_core.available[-1])") && \
	$(BIN)/cmake --preset dev -B build/dev $(CONFIGURE) -DIPGD_BUILD_TESTS=OFF -DIPGD_ISA_LEVELS=$$isa
	$(BIN)/cmake --build build/dev
	@$(BIN)/cmake --install build/dev --component variants --prefix "$$($(BIN)/python -c "import sysconfig; print(sysconfig.get_path('platlib'))")"

test: test-cpp test-wheel test-python test-isa

test-cpp: $(VENV)/.build-tools
ifeq ($(DOCTEST),)
	@echo "== C++ tests SKIPPED: they need doctest (Debian, Ubuntu: apt-get install doctest-dev; macOS: brew install doctest)"
else
	@echo "== C++ tests: building and running"
	$(BIN)/cmake --preset test -B build/cpp-tests $(CONFIGURE)
	$(BIN)/cmake --build build/cpp-tests
	$(BIN)/ctest --test-dir build/cpp-tests --output-on-failure
endif

test-wheel: $(VENV)/.installed
	@echo "== the wheel in an empty environment, with its required dependencies only"
	rm -rf build/empty
	$(PYTHON) -m venv build/empty
	build/empty/bin/python -m pip install --quiet --disable-pip-version-check build/wheel/ipgd-*.whl
	cd build/empty && bin/python -c "import doctest, ipgd, sys; r = doctest.testmod(ipgd); print(r); sys.exit(r.failed or not r.attempted)"

fuzz: $(VENV)/.installed
	@echo "== random cases for $(FUZZ_MINUTES) minutes"
	$(BIN)/python -m tests.fuzz --minutes $(FUZZ_MINUTES) --seed $(FUZZ_SEED)

test-python: $(VENV)/.installed $(VENV)/.test-tools
	@echo "== Python tests"
	$(BIN)/python -m pytest --cov --cov-report=term

test-isa: $(VENV)/.installed $(VENV)/.test-tools
	@for isa in $$($(BIN)/python -c "from ipgd import _core; print(*_core.available[:-1])"); do \
	  echo "== kernels, bits, solve and resume in instruction set $$isa"; \
	  IPGD_ISA=$$isa $(BIN)/python -m pytest -q $(EVERY_ISA) || exit 1; \
	done

# The extension of a sanitizer's build beside the Python sources, in a folder of its own.
asan tsan: $(VENV)/.installed $(VENV)/.test-tools
	@echo "== $@: building (some minutes)"
	$(BIN)/cmake --preset $@ $(CONFIGURE)
	$(BIN)/cmake --build build/$@
	rm -rf build/$@/python && mkdir build/$@/python && cp -r python/ipgd build/$@/python
	rm -f build/$@/python/ipgd/_core/*.so
	$(BIN)/cmake --install build/$@ --prefix build/$@/python
	@echo "== $@: C++ tests"
	$(SHELL) cmake/sanitized.sh $@ build/$@/cpp/tests/ipgd_tests
	@echo "== $@: Python"
	PYTHONPATH=$(CURDIR)/build/$@/python $(SHELL) cmake/sanitized.sh $@ $(BIN)/python $($@_PYTHON)

asan_PYTHON = -m pytest -q -p no:cacheprovider $(RELIABILITY)
tsan_PYTHON = tests/reliability/threads_under_tsan.py

check: lint types test

lint: $(VENV)/.lint-tools
	@echo "== lint"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	find cpp -name '*.hpp' -o -name '*.cpp' | xargs $(BIN)/clang-format --dry-run --Werror

types: $(VENV)/.installed $(VENV)/.lint-tools
	@echo "== types"
	$(BIN)/mypy

$(VENV)/bin/python:
	@echo "== creating $(VENV)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.%-tools: $(VENV)/bin/python pyproject.toml
	@echo "== installing the $* tools"
	$(BIN)/python -m pip install --quiet --group $*
	@touch $@

# What the build was asked for; a change of it builds again.
$(VENV)/.asked: always | $(VENV)/bin/python
	@echo "levels: $(IPGD_ISA_LEVELS) unity: $(IPGD_UNITY_BUILD)" | cmp -s - $@ || echo "levels: $(IPGD_ISA_LEVELS) unity: $(IPGD_UNITY_BUILD)" > $@

$(VENV)/.installed: $(VENV)/.build-tools $(VENV)/.asked $(SOURCES) Makefile
	@echo "== compiling the core twice (for this CPU and for x86-64-v2) into a wheel: about two minutes on two idle cores,"
	@echo "   and nothing is printed meanwhile; it began at $$(date +%T)"
	rm -rf build/wheel
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pip wheel --quiet --no-build-isolation --no-deps --wheel-dir build/wheel .
	@echo "== installing the wheel, numpy, scipy and what the demo draws with; compiling ended at $$(date +%T)"
	$(BIN)/python -m pip install --quiet --force-reinstall --no-deps build/wheel/ipgd-*.whl
	$(BIN)/python -m pip install --quiet "$$(echo build/wheel/ipgd-*.whl)[demo]"
	@touch $@

clean:
	rm -rf $(VENV) build demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
