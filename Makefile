# The commands of a working day. Each one runs a script of scripts/, which says what it does.
.PHONY: run test check quick speed audit

run:    ## install what is missing and serve the sample library on http://127.0.0.1:8000
	scripts/run

test:   ## install what the tests need and run all of them
	scripts/test

check:  ## run the gate without installing anything: format, lint, types, imports, tests
	scripts/check

quick:  ## run format, lint, types, imports, and the tests that a change touches (ALL=1: all unit and contract tests)
	scripts/quick $(if $(ALL),--all)

speed:  ## compare the speed of searches with other engines; FOLDER keeps the corpus
	scripts/speed --folder $(or $(FOLDER),speed-data)

audit:  ## check every page with Lighthouse and the Nu HTML checker
	scripts/audit
