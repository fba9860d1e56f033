# The commands that a stranger needs: make demo, make test. Both need Go and make and fetch the rest themselves.
SHELL   := /bin/sh
GO      := go
TOOL    := $(GO) tool -modfile=tools/go.mod
VERSION ?= $(shell git describe --tags --always --abbrev=12 --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
BUILT   ?= $(shell git log -1 --format=%cI 2>/dev/null || echo)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.built=$(BUILT)
VULNDB  ?= ../shared/vulndb
export CGO_ENABLED ?= 0

.PHONY: build build-pkcs11 manual install uninstall release shipped reproduce licenses pkcs11 demo test sweep tamper soak race lint bench bench-ledger fuzz golden vuln cross clean interop-leshan

build: ## the program, in bin/
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/sectag ./cmd/sectag

build-pkcs11: ## the program with keys in tokens, in bin/; needs a C compiler
	CGO_ENABLED=1 $(GO) build -tags pkcs11 -trimpath -ldflags '$(LDFLAGS)' -o bin/sectag ./cmd/sectag

manual: ## the manual pages and the completions of bash, zsh, fish and PowerShell, in bin/manual
	rm -rf bin/manual
	$(GO) run -trimpath -tags manual -ldflags '$(LDFLAGS)' ./cmd/sectag manual bin/manual docs/cli.md

PREFIX  ?= /usr/local
UDEVDIR ?= $(PREFIX)/lib/udev/rules.d
INSTALL ?= install
# In quotes wherever they are used: a folder's name may have spaces, and what is behind one would be another file to remove.
BINDIR   = $(DESTDIR)$(PREFIX)/bin
SHARE    = $(DESTDIR)$(PREFIX)/share
PLACES   = "$(BINDIR)" "$(SHARE)/man/man1" "$(SHARE)/bash-completion/completions" "$(SHARE)/zsh/site-functions" "$(SHARE)/fish/vendor_completions.d"
RULES    = $(if $(filter Linux,$(shell uname -s)),$(DESTDIR)$(UDEVDIR))

install: build manual ## the program, manual pages, completions and on Linux udev rules below PREFIX. INSTALL="sudo install" writes as root
	$(INSTALL) -d $(PLACES) $(if $(RULES),"$(RULES)")
	$(INSTALL) -m 0755 bin/sectag "$(BINDIR)/sectag"
	$(INSTALL) -m 0644 bin/manual/man1/*.1 "$(SHARE)/man/man1"
	$(INSTALL) -m 0644 bin/manual/completions/sectag.bash "$(SHARE)/bash-completion/completions/sectag"
	$(INSTALL) -m 0644 bin/manual/completions/_sectag "$(SHARE)/zsh/site-functions/_sectag"
	$(INSTALL) -m 0644 bin/manual/completions/sectag.fish "$(SHARE)/fish/vendor_completions.d/sectag.fish"
	$(if $(RULES),$(INSTALL) -m 0644 device/doctor/99-sectag.rules "$(RULES)/99-sectag.rules")

uninstall: ## what install put there. RM="sudo rm -f" removes as root
	$(RM) "$(BINDIR)/sectag" "$(SHARE)"/man/man1/sectag.1 "$(SHARE)"/man/man1/sectag-*.1
	$(RM) "$(SHARE)/bash-completion/completions/sectag" "$(SHARE)/zsh/site-functions/_sectag" "$(SHARE)/fish/vendor_completions.d/sectag.fish"
	$(if $(RULES),$(RM) "$(RULES)/99-sectag.rules")

TARGETS    ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
DIST       ?= dist
FRESH      ?=
MAINTAINER ?= sectag <sectag@example.org>
RELEASE     = cd tools && $(GO) run ./release
release: ## archives, Debian packages, bills of materials and checksums in DIST, byte for byte the same for the same commit; needs git and dpkg-deb
	rm -rf "$(DIST)"
	$(RELEASE) archives -out $(abspath $(DIST)) -version '$(VERSION)' -commit '$(COMMIT)' -built '$(BUILT)' -maintainer '$(MAINTAINER)' -targets '$(TARGETS)' -fresh '$(FRESH)'

shipped: ## what make release left in DIST and what make install does, tried as people use it; needs bash, zsh, fish, bash-completion, dpkg and man-db
	cd tools && $(GO) test -count=1 -tags shipped -run Shipped ./release -dist $(abspath $(DIST))

reproduce: ## compares DIST with a release made elsewhere, by a clone of the commit, another umask and time zone, once with an empty cache
	GO='$(GO)' tools/reproduce $(DIST)

licenses: ## docs/licenses.md, from the modules' own licence texts; fails where one is not recognised or not accepted
	$(RELEASE) licenses -targets '$(TARGETS)'

TOKENS = ./ca/keyuri ./cmd/sectag
pkcs11: ## what the tag pkcs11 adds: built, linted, and tested on SoftHSM2; needs a C compiler, softhsm2 and opensc
	CGO_ENABLED=1 $(GO) vet -tags pkcs11 $(TOKENS)
	CGO_ENABLED=1 $(TOOL) staticcheck -tags pkcs11 $(TOKENS)
	CGO_ENABLED=1 $(GO) test -tags pkcs11 ./ca/keyuri
	CGO_ENABLED=1 $(GO) test -tags pkcs11 -run 'Token' ./cmd/sectag

demo: build ## the main job on a virtual modem and a local server: screens on a terminal, plain lines elsewhere
	./bin/sectag demo

test: ## every test but the race run; needs openssl, gnutls-bin, libcoap3-bin, postgresql, chromium, age and tmux, and fails without them
	$(GO) test ./...
	cd tools && $(GO) test -count=1 ./... # they ask the modules, which no cache of tests knows of

sweep: ## everything that can go wrong on the line at each of its bytes; in make test they take turns, and some bytes are left out
	$(GO) test -timeout 40m -run 'WrongAtEveryByte|WhileAKeyIsAskedFor|UnsolicitedLineAtEveryByte|AByteGoesWrong|TheCableComesOut|WrongOnARealPort' ./bench ./device -every

tamper: ## each byte of a small ledger's file flipped by itself, and each cell of one on a server; in make test some of them
	$(GO) test -timeout 40m -run 'TestTamper' ./ledger -every

soak: ## a shift of 2000 units through the station loop, and nothing piles up; in make test it is 200
	$(GO) test -count=1 -timeout 40m -run 'TestSoak' -v ./bench/rack -soak 2000

race: ## the same with the race detector, but for the tests of the real binary (needs a C compiler)
	CGO_ENABLED=1 GORACE=atexit_sleep_ms=0 $(GO) test -race $$($(GO) list ./... | grep -v /e2e)

lint: ## vet, staticcheck, gofumpt, and nothing left to tidy
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	@out=$$($(TOOL) gofumpt -l .); if [ -n "$$out" ]; then echo "gofumpt would change:"; echo "$$out"; exit 1; fi
	$(GO) mod tidy -diff
	$(GO) vet -tags manual ./cmd/sectag
	cd tools && $(GO) vet -tags shipped ./... && $(GO) tool staticcheck -tags shipped ./... && $(GO) mod tidy -diff
	$(GO) test ./internal/archtest

cross: ## the other systems must build, and their parts be right by reading
	for t in linux/arm64 windows/amd64 darwin/arm64; do \
	  echo $$t; GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build -trimpath -o /dev/null ./cmd/sectag || exit 1; done
	for t in windows/amd64 darwin/arm64; do GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) vet ./... || exit 1; done

bench-ledger: ## a ledger of UNITS units: append, verify, a proof, and the questions. KEEP=FILE keeps it for the next time
	$(GO) test -run "^$$" -bench "^BenchmarkLedger$$" -benchtime 3x -timeout 3h -v ./ledger -units $(UNITS) -kept-ledger "$(if $(KEEP),$(abspath $(KEEP)))"

bench: ## speed, as a ratio to the physical floor, and to OpenSSL for a handshake
	$(GO) test -run '^$$' -bench . -benchtime 3x ./...

UNITS ?= 1000000
KEEP  ?=
FUZZTIME ?= 60s
FUZZED   ?= ./...
# Go's fuzzer now and then tells its own deadline as a failure though no input failed: that alone is none.
fuzz: ## every fuzz target of the packages FUZZED for FUZZTIME; what fails is kept in its testdata
	@for p in $$($(GO) list $(FUZZED)); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; out=$$($(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p 2>&1) && { echo "$$out" | tail -2; continue; }; \
	    echo "$$out"; case "$$out" in *"Failing input"*|*panic*) exit 1;; *"    context deadline exceeded"*) echo "no input failed";; *) exit 1;; esac; done; done

golden: ## write the golden frames, the flows' diagrams and the pictures of the screens anew
	for p in $$($(GO) list ./flows/... ./tui/... ./internal/codes); do \
	  grep -qs '"update"' $$($(GO) list -f '{{.Dir}}' $$p)/*_test.go || continue; $(GO) test $$p -update || exit 1; done

LESHAN = $(CURDIR)/bin/leshan
interop-leshan: ## registers with an Eclipse Leshan server, and exports to its demo server; needs a JDK and Maven, and Maven's registry
	mkdir -p $(LESHAN)
	mvn -q -B -f endpoint/testdata/leshan/pom.xml dependency:build-classpath -Dmdep.outputFile=$(LESHAN)/classpath -Dmdep.includeScope=runtime
	javac -d $(LESHAN) -cp "$$(cat $(LESHAN)/classpath)" endpoint/testdata/leshan/Bench.java
	cp endpoint/testdata/leshan/logback.xml $(LESHAN)
	export LESHAN_CLASSES=$(LESHAN) LESHAN_CLASSPATH="$$(cat $(LESHAN)/classpath)"; \
	  $(GO) test -count=1 -tags leshan -run TestRegisterWithLeshan -v ./endpoint && \
	  $(GO) test -count=1 -tags leshan -run TestExportToLeshan -v ./cmd/sectag

VULNS = $(TOOL) govulncheck $$([ -d $(VULNDB) ] && echo -db file://$$(cd $(VULNDB) && pwd))
vuln: ## known vulnerabilities in what we link, with and without keys in tokens; needs a C compiler
	$(VULNS) ./...
	CGO_ENABLED=1 $(VULNS) -tags pkcs11 ./ca/keyuri

clean:
	rm -rf bin dist
