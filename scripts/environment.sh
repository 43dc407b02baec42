# Sourced by scripts/demo and scripts/test; needs bash, and Python >= 3.11 with venv and pip.
#
# prepare WANTED   makes or reuses the checkout's .venv, installs accelsim and WANTED (an extra such
#                  as "[dev]", or "" for none) into it, and sets $bin to its programs.
#
# ACCELSIM_VENV=DIR   use the environment at DIR as it stands, and install nothing.
# PYTHON=PROGRAM      make .venv with this Python.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '%s\n' "$*" >&2; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
        >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  say "error: no Python >= 3.11 with venv and pip found (tried: ${PYTHON:-python3 python3.1x python})."
  say "       Name one with PYTHON=/path/to/python3 $0; on Debian or Ubuntu, venv comes with"
  say "       'apt install python3-venv'."
  return 1
}

# What an environment was made from: it is made anew or brought up to date when this changes.
stamp_of() {
  printf 'checkout %s\nextras %s\n' "$root" "$1"
  cat "$root/pyproject.toml"
}

# The index that every platform's build without CUDA is on; wheels that pip is told to find elsewhere
# (PIP_FIND_LINKS) do too. What torch needs comes with the extra, from where all else comes from.
cpu_torch() {
  local index=https://download.pytorch.org/whl/cpu
  "$bin/python" -c 'import torch' 2>/dev/null && return
  PIP_EXTRA_INDEX_URL="$index" "$bin/python" -m pip install --retries 1 --no-deps \
    --index-url "$index" torch
}

# Debian's chromium, from its packages, if no browser of the kind is there.
chromium() {
  local program
  for program in chromium chromium-browser google-chrome; do
    if type -P "$program" >/dev/null; then
      say "== using $(type -P "$program")"
      return
    fi
  done
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "error: no chromium is installed; on Debian or Ubuntu: sudo apt-get install chromium"
    return 1
  fi
  say "== installing chromium (once; about 300 MB)"
  apt-get update -q >&2 && apt-get install -y -q --no-install-recommends chromium >&2
}

prepare() {
  local wanted="$1" venv="$root/.venv" python stamp
  if [ -n "${ACCELSIM_VENV:-}" ]; then
    bin="$ACCELSIM_VENV/bin"
    say "== using $ACCELSIM_VENV as it stands"
    return
  fi
  bin="$venv/bin"
  # Any set of extras serves a caller that wants none.
  for stamp in "$venv/accelsim-installed$wanted" "$venv"/accelsim-installed*; do
    if [ -f "$stamp" ] && { [ -z "$wanted" ] || [ "$stamp" = "$venv/accelsim-installed$wanted" ]; } \
        && stamp_of "${stamp#"$venv/accelsim-installed"}" | cmp -s - "$stamp" \
        && "$bin/python" -c 'import accelsim' 2>/dev/null; then
      say "== using .venv"
      return
    fi
  done
  # Programs of an environment name its path: after a move or copy they start the wrong Python.
  if [ -e "$venv" ] && ! { "$bin/python" --version >/dev/null 2>&1 \
      && grep -qF "$venv/bin/python" "$bin/pip" 2>/dev/null; }; then
    say "== .venv does not work here (moved, or its Python is gone): making it anew"
    rm -rf "$venv"
  fi
  if [ ! -e "$venv" ]; then
    python="$(find_python)" || return 1
    say "== making .venv with $("$python" --version 2>&1)"
    "$python" -m venv "$venv" || return 1
  fi
  say "== installing accelsim$wanted into .venv (once; about a minute)"
  rm -f "$venv"/accelsim-installed*
  # What pip remarks is of interest only if it fails.
  if [[ "$wanted" == *torch* ]] && ! cpu_torch >"$venv/pip.log" 2>&1; then
    cat "$venv/pip.log" >&2
    say "error: pip could not install the CPU build of torch into .venv (above: what it said)"
    return 1
  fi
  if ! "$bin/python" -m pip install -e "$root$wanted" >"$venv/pip.log" 2>&1; then
    cat "$venv/pip.log" >&2
    say "error: pip could not install accelsim$wanted into .venv (above: what it said)"
    return 1
  fi
  stamp_of "$wanted" > "$venv/accelsim-installed$wanted"
}
