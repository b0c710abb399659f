#!/usr/bin/env bash
# Runs every check of the project and says at the end how many passed.
#
#   ./test.sh           everything: build, vet, lint, tests with the race
#                       detector, a short fuzz of each target, the commands
#                       of the documents, the demo
#   ./test.sh --quick   without race detector, fuzz, commands and demo
#
# It needs Go (the version in go.mod), git, and gcc for the race detector. The
# linter is built once into .cache/bin and kept until its version changes.
# FUZZTIME (default 5s) is how long each target is fuzzed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly golangci_version=v2.15.0
readonly fuzz_time=${FUZZTIME:-5s}
readonly cache=$PWD/.cache
readonly linter=$cache/bin/golangci-lint-$golangci_version

quick=false
case "${1:-}" in
  '') ;;
  --quick) quick=true ;;
  *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 2 ;;
esac

# ---- steps ---------------------------------------------------------------

modules() {
  go mod verify
  go mod tidy -diff
}

install_linter() {
  if [[ -x $linter ]]; then
    echo "golangci-lint $golangci_version is in .cache/bin"
    return
  fi
  echo "building golangci-lint $golangci_version into .cache/bin, once (some minutes)"
  # Outside the module, so that go.mod stays as it is.
  (cd "$cache" && GOFLAGS='' GOBIN=$cache/new go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$golangci_version")
  rm -f "$cache"/bin/golangci-lint-*
  mv "$cache/new/golangci-lint" "$linter"
}

lint() {
  install_linter
  "$linter" run --allow-parallel-runners ./...
}

# Whether the C compiler that the race detector needs is there.
can_race() {
  [[ $(go env CGO_ENABLED) == 1 ]] && command -v "$(go env CC)" >/dev/null
}

tests() {
  local race=()
  if $quick; then
    echo "without race detector (--quick)"
  elif can_race; then
    race=(-race)
  else
    echo "without race detector: there is no C compiler here"
  fi
  go test "${race[@]}" -shuffle=on -timeout=15m ./... | tee "$cache/tests.log"
}

# Prints a line "package target" for each fuzz target.
fuzz_targets() {
  go test -list '^Fuzz' ./... | awk '
    /^Fuzz/ { names[++n] = $1 }
    $1 == "ok" { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }'
}

fuzz() {
  local list targets target package name bad=()
  list=$(fuzz_targets)
  mapfile -t targets < <(printf '%s' "$list")
  for target in "${targets[@]}"; do
    read -r package name <<<"$target"
    echo "-- $name in $package"
    # Seeds are whole files: minimizing one may take longer than the fuzzing.
    go test -run='^$' -fuzz="^$name\$" -fuzztime="$fuzz_time" -fuzzminimizetime=10x "$package" || bad+=("$target")
  done
  echo "${#targets[@]} targets fuzzed for $fuzz_time each"
  if ((${#bad[@]})); then
    printf 'failed: %s (the input is in its testdata/fuzz now)\n' "${bad[@]}"
    return 1
  fi
}

# Runs what stands in the blocks of the documents that are marked "sh test".
documents() {
  local file script
  for file in README.md CONTRIBUTING.md; do
    [[ -f $file ]] || continue
    script=$(awk '/^```sh test$/ {on = 1; next} /^```/ {on = 0} on' "$file")
    [[ -n $script ]] || continue
    echo "-- the commands of $file"
    bash -xeuo pipefail -c "$script" </dev/null
  done
}

demo() {
  go run ./cmd/iroom demo --for 20s </dev/null 2>&1 | cat
}

sizes() {
  local kind files
  for kind in code tests; do
    files=$(git ls-files --cached --others --exclude-standard '*.go' | grep -v /testdata/ |
      if [[ $kind == code ]]; then grep -v '_test\.go$'; else grep '_test\.go$'; fi)
    xargs wc -l <<<"$files" | awk -v kind=$kind '$2 != "total" {print $1, $2}' | sort -n | awk -v kind="$kind" '
      {n++; line[n] = $1; sum += $1; name = $2}
      END {printf "%-5s %d files, %d lines; median %d, ninetieth percentile %d, longest %d (%s)\n",
        kind, n, sum, line[int((n + 1) / 2)], line[int((9 * n + 9) / 10)], line[n], name}'
  done
}

# ---- running them ----------------------------------------------------------

failed=()
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
trap 'exit 130' INT

# pulse TITLE START shows every half minute that a step still runs.
pulse() {
  trap 'kill "$!"; exit' TERM
  while true; do
    sleep 30 &
    wait "$!"
    printf '    ... %s: %d s\n' "$1" $((SECONDS - $2))
  done
}

# step TITLE COMMAND runs the command and notes a failure without stopping:
# the steps after it have something to say as well.
step() {
  local title=$1 started=$SECONDS pulse code
  shift
  printf '\n=== %s\n' "$title"
  pulse "$title" "$started" &
  pulse=$!
  set +e # in a condition, bash would not stop the command at its first error
  (set -e; "$@")
  code=$?
  set -e
  kill "$pulse" 2>/dev/null || true
  wait "$pulse" 2>/dev/null || true
  if ((code == 0)); then
    printf -- '--- passed: %s, %d s\n' "$title" $((SECONDS - started))
  else
    failed+=("$title")
    printf -- '--- FAILED: %s, %d s\n' "$title" $((SECONDS - started))
  fi
}

command -v go >/dev/null || { echo "test.sh: there is no go command; install the Go version that go.mod names"; exit 1; }
mkdir -p "$cache/bin"
: >"$cache/tests.log"
go version

step "modules" modules
step "build" go build ./...
step "vet" go vet ./...
step "lint" lint
step "tests" tests
if ! $quick; then
  # The tests that weigh costs leave themselves out under the race detector.
  step "cost" go test -run='^TestCost' ./rules
  # More worlds of faults than the tests try.
  step "simulation" go test ./fusion/app -run='^TestSimulation$' -seeds=1000 -timeout=20m
  step "fuzz" fuzz
  step "commands of the documents" documents
  step "demo" demo
fi
step "sizes" sizes

printf '\n%d test packages passed, %d failed; %d s\n' \
  "$(grep -c '^ok' "$cache/tests.log" || true)" "$(grep -c $'^FAIL\t' "$cache/tests.log" || true)" "$SECONDS"
if ((${#failed[@]})); then
  printf 'FAILED: %s\n' "${failed[@]}"
  exit 1
fi
echo "all steps passed"
