# BooksTrack: `make run` starts all of it, `make test` checks all of it. Both set themselves up.

PYTHON = $(shell for python in .venv/bin/python python3.11 python3 python3.12 python3.13 python3.14; do \
	"$$python" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
VENV = .venv/bin
BOOTSTRAP = @python="$(PYTHON)"; \
	if [ -z "$$python" ]; then echo "Python 3.11 or newer is needed and was not found on PATH (python3, python3.11, ...)" >&2; exit 1; fi; \
	exec "$$python" -I -S bookstrack/bootstrap.py

# A data folder that is thrown away, so that no tool touches the one of `make run`.
SCRATCH = set -e; scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; trap 'exit 130' INT TERM; \
	export BOOKSTRACK_DATA_DIR="$$scratch"
DEPLOYED = DEBUG=0 HTTPS=1 ALLOWED_HOSTS=example.org \
	SECRET_KEY="$$($(VENV)/python -c 'import secrets; print(secrets.token_urlsafe(64))')"

.PHONY: help run test check endurance bench

help:
	@echo "make run     everything on http://127.0.0.1:8000 (BOOKSTRACK_PORT=9000 make run: on another port)"
	@echo "make test    make check and the whole test suite"
	@echo "make endurance   drills of twenty minutes: 50 kills at random moments, 1,000 sockets for ten minutes"
	@echo "make bench   the table of docs/performance.md, measured anew; fails where a row does not hold"
	@echo "make check   linters, types, layers, templates, migrations, deployment settings, OpenAPI document"

run:
	$(BOOTSTRAP) requirements.txt
	@if [ "$${BOOKSTRACK_OCR:-1}" != 0 ]; then "$(PYTHON)" -I -S bookstrack/bootstrap.py requirements-ocr.txt \
		|| echo "reading spines needs packages that could not be installed; everything else runs (BOOKSTRACK_OCR=0: do not try)"; fi
	@exec $(VENV)/python -m bookstrack.supervisor

test: check
	@$(SCRATCH); $(VENV)/python -m pytest

endurance:
	$(BOOTSTRAP) requirements-dev.txt
	@$(SCRATCH); $(VENV)/python -m pytest -n 0 -s -m endurance tests/endurance; $(VENV)/python -m benchmarks.progress --seconds 600

bench:
	$(BOOTSTRAP) requirements-dev.txt
	@$(SCRATCH); $(VENV)/python -m benchmarks

check:
	$(BOOTSTRAP) requirements-dev.txt
	@$(SCRATCH); set -x; \
	$(VENV)/ruff check .; \
	$(VENV)/mypy --strict; \
	$(VENV)/lint-imports; \
	$(VENV)/djlint templates --lint; \
	$(VENV)/python manage.py makemigrations --check --dry-run; \
	$(VENV)/python manage.py export_openapi --check; \
	{ set +x; } 2>/dev/null; echo "+ manage.py check --deploy"; \
	$(DEPLOYED) $(VENV)/python manage.py check --deploy --fail-level WARNING
