# Needs python3 with venv, and nothing that is installed by hand; what is marked * needs npm too.
#
#   make demo     finds and mends what is wrong with the first Deployment of the Kubernetes docs
#   make test     every test, of the sweeps a sample
#   make sweep    the sweeps, whole: every file of the corpora, every prefix and value of the cases
#   make oracles  the programs in Go that tests ask, which these build too where one is missing
#   make lock     newest versions of all dependencies into requirements.lock
#   make package  * source distribution, wheel and VSIXes, into dist/
#   make version  * writes the version TO= wherever it stands but in the changelogs
#
# PYTHON= chooses the interpreter, ARGS= adds options of pytest, of which the last wins.

PYTHON ?= python3
ARGS ?=

PIP_INSTALL := .venv/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.lock
# The name tells the interpreter, so that another PYTHON= makes the environment anew.
ENVIRONMENT := .venv/made-by-$(subst /,-,$(PYTHON))
# The sources are installed in place; only what the installation itself reads makes it stale.
DESCRIPTION := pyproject.toml requirements.lock k8s_lsp/__init__.py

# On all cores, a process each; ARGS=-n0 leaves it to one, whose output is seen and may be debugged.
PYTEST := .venv/bin/python -m pytest -n auto --dist loadfile

# What one process has compiled, the hundreds that tests start need not compile again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test sweep oracles lock package version clean

demo: .venv/installed
	.venv/bin/k8s-lsp check --fail-on never tests/demo/nginx.yaml
	@echo
	.venv/bin/k8s-lsp harden --diff tests/demo/nginx.yaml

test: .venv/installed-for-tests
	@$(PYTEST) $(ARGS)

sweep: .venv/installed-for-tests
	@$(PYTEST) -m sweep $(ARGS)

oracles: .venv/installed-for-tests
	@.venv/bin/python -m tests.oracles

lock: $(ENVIRONMENT)
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	@.venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.10 --no-annotate \
		--custom-compile-command 'make lock' --extra test -o requirements.lock pyproject.toml

package: .venv/installed-for-tests
	@command -v npm >/dev/null || { echo 'make package needs npm, which makes the VSIX' >&2; exit 1; }
	@rm -rf dist
	@.venv/bin/python -m hatchling build -t sdist -d dist
	@# From the source distribution, so that whoever builds from it gets the same wheel.
	@.venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --wheel-dir dist dist/k8s_lsp-*.tar.gz
	@cd vscode-extension && npm ci --ignore-scripts && npm run package && npm run package:platforms
	@cp vscode-extension/k8s-lsp-$$(.venv/bin/python -m hatchling version).vsix \
		vscode-extension/platforms/*.vsix dist
	@ls -l dist

version: .venv/installed-for-tests
	@test -n '$(TO)' || { echo 'make version needs the version: TO=1.2.3' >&2; exit 1; }
	@command -v npm >/dev/null || { echo 'make version needs npm' >&2; exit 1; }
	@.venv/bin/python -m hatchling version '$(TO)'
	@cd vscode-extension && npm version --no-git-tag-version --allow-same-version '$(TO)' >/dev/null

clean:
	rm -rf .venv dist

$(ENVIRONMENT):
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("k8s-lsp needs Python 3.10 or newer; choose one with PYTHON=")'
	@echo 'Making .venv'
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/installed: $(ENVIRONMENT) $(DESCRIPTION)
	@echo 'Installing k8s-lsp into .venv'
	@$(PIP_INSTALL) -e .
	@touch $@

.venv/installed-for-tests: $(ENVIRONMENT) $(DESCRIPTION)
	@echo 'Installing k8s-lsp and what its tests need into .venv'
	@$(PIP_INSTALL) -e '.[test]'
	@touch $@ .venv/installed
