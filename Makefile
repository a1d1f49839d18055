# `make demo` and `make test` are a newcomer's first two commands: each sets up what it needs, once (see .ci/bootstrap).
# A stamp in .venv says what is there; it is older than pyproject.toml or requirements/ when something new is wanted.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test viewers soak bench lint types format wheel lock newest clean

BIN := .venv/bin
RUN := .venv/.ready-run
TEST := .venv/.ready-test
VIEWERS := .venv/.ready-viewers
BENCH := .venv/.ready-bench

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

$(RUN) $(TEST) $(VIEWERS) $(BENCH): .venv/.ready-%: pyproject.toml .ci/bootstrap $(wildcard requirements/*.txt)
	@sh .ci/bootstrap $*

$(VIEWERS): tests/viewers/package-lock.json

demo: $(RUN)  ## print sample packets into out/demo (sets everything up first)
	$(BIN)/handouts demo --out out/demo

test: $(TEST)  ## run the tests (sets everything up first); make test ARGS='-k schedule' runs some
	$(BIN)/pytest -n auto --dist loadfile $(ARGS)

viewers: $(VIEWERS)  ## open stamped packets in Chromium, pdf.js, poppler, pdfium and Ghostscript (installs them)
	$(BIN)/pytest tests/viewers $(ARGS)

soak: $(TEST)  ## make 100,000 packets twice and watch the memory (five minutes, 12 GB of disk for a while)
	$(BIN)/pytest -s tests/soak $(ARGS)

bench: $(BENCH)  ## measure every way to make the packet, into benchmarks/results.md (ten minutes)
	$(BIN)/python benchmarks/run.py $(ARGS)

lint: $(TEST)  ## check format and style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(TEST)  ## check types
	$(BIN)/mypy --strict handouts

format: $(TEST)  ## put format and imports right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheel: $(TEST)  ## build the sdist, and the wheel from it, into dist/
	$(BIN)/python -m build --no-isolation

lock:  ## write requirements/ anew: the newest of everything that pyproject.toml admits
	@sh .ci/lock

newest: $(TEST)  ## try what was released since: the newest of everything in .venv-newest, what depends on it, and a demo
	@sh .ci/newest

clean:  ## remove what the other targets made, .venv and out/ too
	rm -rf .venv .venv-newest build dist out .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
