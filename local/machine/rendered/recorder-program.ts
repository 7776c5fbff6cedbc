// The few lines of bash that stand on a rendered host's PATH in place of a program.

/** The program that stands on the host's PATH under this name. */
export function recorderText(bash: string, name: string): string {
  return `#!${bash}
exec 3<>"/dev/tcp/127.0.0.1/$RENDERED_PORT"
printf '%s\\0' "$#" '${name}' "$@" >&3
IFS= read -r -d '' code <&3
IFS= read -r -d '' stdout <&3
IFS= read -r -d '' stderr <&3
printf '%s' "$stdout"
printf '%s' "$stderr" >&2
exit "$code"
`
}
