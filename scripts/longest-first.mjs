// The order in which jest starts the files of a level: those that take longest first, so that the last one does not run alone.
const LONGEST = [
  ...['killed', 'load', 'metadata', 'rollout', 'ending', 'meanwhile'].map((name) => `host/document/${name}`),
  ...['doctor/doctor', 'certificate/certificate', 'main-line/trouble', 'smoke/smoke', 'dns-role/dns-role'].map(
    (name) => `stack/${name}`,
  ),
  ...['configure-host-killed', 'hostile', 'bounded'].map((name) => `unit/templates/${name}`),
]

const rank = ({ path }) => {
  const at = LONGEST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`))
  return at < 0 ? LONGEST.length : at
}

export default class LongestFirst {
  sort(tests) {
    return [...tests].sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1))
  }

  cacheResults() {}
}
