#!/bin/sh
# Make the repositories that test_git.c reads. Usage: make_repos.sh FOLDER
# lib.git: branches main and dev, an annotated and a plain tag, a folder, a
# submodule by a relative URL (sub.git), links, and a commit no ref points at.
set -eu
cd "$1"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t.example GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t.example
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
git init -q --bare -b main sub.git
git init -q --bare -b main lib.git
git init -q --bare -b main empty.git
git clone -q sub.git sub-work 2>/dev/null
(cd sub-work && echo sub >sub.txt && git add . && git commit -qm one && git push -q origin HEAD:main)
git clone -q lib.git work 2>/dev/null
cd work
mkdir -p python/pkg
echo '[project]' >pyproject.toml
echo 'x = 1' >python/pkg/__init__.py
ln -s python/pkg inside
ln -s /etc/passwd outside
git add . && git commit -qm one && git tag v1.0
echo 'x = 2' >python/pkg/__init__.py
git commit -qam two && git tag -a -m release lib-2.0
git -c protocol.file.allow=always submodule --quiet add ../sub.git deps/sub
git commit -qam three
git push -q origin HEAD:main v1.0 lib-2.0
git rm -q --cached deps/sub && rm -rf deps .gitmodules && git checkout -q -f -b dev v1.0
echo dev >dev.txt && git add . && git commit -qm dev && git push -q origin dev
git rev-parse dev >../dev-commit
git rev-parse v1.0 >../v1-commit
# on a branch for a moment, then only an ancestor of nothing that is named
echo old >old.txt && git add . && git commit -qm hidden && git rev-parse HEAD >../middle-commit
echo newer >newer.txt && git add . && git commit -qm newer && git push -q origin HEAD:dev
