# make build         the program, build/sluice
# make test          everything that must hold, set-up included; what CI runs
# make test-clients  all versions of all clients (long, by hand); writes docs/clients.md
# make sbom          build/sbom.json, what the program is made of
# make reproducible  builds twice, in two places and with two caches, and compares
# make torture       the long runs of docs/reliability.md (by hand), each for MINUTES and at most SEEDS; writes down what came of them
# make bench         the figures of docs/performance.md
# make generate      everything that is generated: constraints (with MODELS=folder), coverage, schema
# make readme        the tables of operations, in docs/operations.md and the README
# make image         a container image, where docker or podman is at hand

export GOFLAGS ?= -p=2
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS = -s -w -X main.version=$(VERSION)
GO_BUILD = CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)'
# Packages without the client programs, which are a suite of their own.
PACKAGES = $(shell go list ./... | grep -v '^sluice/integration')
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.1
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
FUZZTIME ?= 6s
suite = @.ci/suite

.PHONY: sbom reproducible build test test-clients bench generate readme image \
	suite-format suite-vet suite-staticcheck suite-vulnerabilities suite-tidy suite-unit suite-fuzz suite-cross suite-chroot suite-clients

build:
	$(GO_BUILD) -o build/sluice ./cmd/sluice

test: build
	@rm -f build/report/suites.tsv
	$(suite) setup .ci/setup
	$(suite) format make -s suite-format
	$(suite) vet make -s suite-vet
	$(suite) staticcheck make -s suite-staticcheck
	$(suite) vulnerabilities make -s suite-vulnerabilities
	$(suite) tidy make -s suite-tidy
	$(suite) unit make -s suite-unit
	$(suite) fuzz make -s suite-fuzz
	$(suite) cross make -s suite-cross
	$(suite) chroot make -s suite-chroot
	$(suite) clients make -s suite-clients
	@.ci/verdict

suite-format:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these files"; exit 1; }

suite-vet:
	go vet ./...

suite-staticcheck:
	go run $(STATICCHECK) ./...

suite-vulnerabilities:
	@GOVULNCHECK=$(GOVULNCHECK) .ci/vulnerabilities

suite-tidy:
	go test -count=1 ./internal/tidy ./internal/coverage/...

# The race detector is the one thing here that needs cgo. What connections cost
# can only be measured without it.
suite-unit:
	CGO_ENABLED=1 go test -race -vet=off -count=1 -timeout 20m $(PACKAGES)
	go test -vet=off -count=1 -run '^(TestIdleConnections|TestTenThousandSubscriptions)$$' ./server

suite-fuzz:
	@FUZZTIME=$(FUZZTIME) .ci/fuzz

suite-cross:
	@LDFLAGS='$(LDFLAGS)' .ci/cross

suite-chroot: build
	@deploy/check-chroot.sh build/sluice

# Half of the clients wait at any time, for waiters and keep-alives.
suite-clients:
	go test -vet=off -count=1 -timeout 20m -parallel 4 ./integration/...

test-clients:
	SLUICE_ALL_CLIENTS=1 go test -count=1 -timeout 60m -parallel 4 -v -run TestAllClientVersions ./integration/...

sbom: build
	@build/sluice version --sbom >build/sbom.json && echo build/sbom.json

reproducible:
	@VERSION='$(VERSION)' .ci/reproducible

MINUTES ?= 10
torture: export SLUICE_TORTURE_MINUTES = $(MINUTES)
torture: export SLUICE_TORTURE_SEEDS = $(SEEDS)
torture: export SLUICE_TORTURE_RECORD = $(CURDIR)/docs/reliability.md
torture: export SLUICE_TORTURE_REVISION = $(shell git rev-parse --short HEAD)
torture:
	go test -count=1 -timeout 0 -v -run '^TestCrashes$$' ./store/torture
	go test -count=1 -timeout 0 -v -run '^TestDamage$$' ./store/doctor
	go test -count=1 -timeout 0 -v -run '^TestDiskTroubleAnywhere$$' .
	go test -count=1 -timeout 0 -v -run '^(TestKills|TestLinearizable|TestSoak)$$' ./integration/torture

bench:
	go run ./bench -short

generate:
	$(if $(MODELS),go run ./server/wire/gen $(MODELS))
	go run ./internal/coverage/gen ./shards ./companions/sts ./companions/s3 ./lambda ./companions/dynamodb ./companions/cloudwatch ./companions/glue ./firehose
	go test -count=1 -run 'TestPublishedSchema' . -update
	@$(MAKE) -s readme

readme:
	go test -count=1 -run TestReadmeTable ./cmd/sluice -update

image:
	$$(command -v docker || command -v podman) build --build-arg VERSION=$(VERSION) -f deploy/Dockerfile -t sluice:$(VERSION) .
