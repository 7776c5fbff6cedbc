# shellcheck shell=bash

container_program() {
  cat "$here/container_adopt.py"
}
