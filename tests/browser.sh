#!/bin/sh
# Make sure that a Chromium and a font with Chinese characters are there: one on PATH, else Debian's packages where that is
# allowed, else Playwright's own download.
set -u
bin=$1
found() { command -v chromium || command -v google-chrome || command -v chromium-browser; }
if found >/dev/null 2>&1; then exit 0; fi
if command -v apt-get >/dev/null 2>&1; then
  sudo=
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  echo "Installing chromium and fonts-noto-cjk for the page's tests"
  $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq chromium fonts-noto-cjk >/dev/null && exit 0
fi
"$bin/python" -m playwright install chromium && exit 0
echo "No browser for the page's tests: install chromium or google-chrome, then run make test again." >&2
exit 1
