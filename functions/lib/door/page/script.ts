// The script of the page: it asks what the site is doing, fills in the hops, sends the form without leaving the page, and leads to the site. It never
// looks the site's name up: the answer would be remembered for a minute, and lead nowhere.
export const SCRIPT = `
(() => {
  const one = (selector) => document.querySelector(selector)
  const main = one('main'), said = one('[role=status]'), list = one('ol'), form = one('form'), button = one('button')
  const { base, to } = main.dataset
  // Milliseconds that it has waited: in all, since the button was pressed here (-1: never), since it was last sent.
  let age = 0, mine = -1, tried = 0
  let fails = 0, timer, again = 0, isLed = false, state = main.dataset.state
  const text = (node, words) => { if (node && node.textContent !== words) node.textContent = words }
  const passed = (ms) => { age += ms; tried += ms; if (mine >= 0) mine += ms }
  const later = (ms) => { clearTimeout(timer); if (!isLed) timer = setTimeout(() => { passed(ms); ask() }, ms) }

  function show(seen) {
    state = seen.state
    if (seen.leads) {
      isLed = true
      return location.replace(seen.leads)
    }
    text(said, seen.sentence)
    list.hidden = seen.hops.length === 0
    seen.hops.forEach((hop, n) => {
      const item = list.children[n] || list.appendChild(document.createElement('li'))
      if (item.dataset.mark === hop.mark && item.firstChild) return
      item.dataset.mark = hop.mark
      const word = document.createElement('span')
      word.textContent = '(' + hop.mark + ')'
      item.replaceChildren(hop.text + ' ', word)
    })
    const usual = one('#usually')
    usual.hidden = !seen.usually
    text(usual, seen.usually ? 'A start usually takes ' + seen.usually + '.' : '')
    // Whoever has pressed keeps the button, and the focus with it, while there is something to wait for.
    form.hidden = !seen.button && (mine < 0 || state === 'broken' || state === 'limit')
    form.elements.ticket.value = seen.ticket || ''
    one('#ask').hidden = !seen.password
    const waits = !seen.button || (mine >= 0 && seen.again > 0)
    button.setAttribute('aria-disabled', waits ? 'true' : 'false')
    text(button, waits ? (state === 'live' ? 'Awake' : 'Please wait') : 'Start it')
    again = seen.again || 0
    if (seen.button && !again) mine = -1
  }

  async function send(body) {
    const reply = await fetch(base + (body ? '/start' : '/status') + (body ? '' : '?to=' + encodeURIComponent(to)), {
      method: body ? 'POST' : 'GET', body, cache: 'no-store', credentials: 'omit', headers: { accept: 'application/json' },
    })
    if (!reply.ok) throw new Error(reply.status)
    fails = 0
    show(await reply.json())
  }

  function pace() {
    if (fails > 0) return Math.min(30000, 2000 * 2 ** fails)
    if (document.hidden || state === 'asleep' || state === 'limit' || state === 'broken') return 10000
    return Math.min(10000, Math.max(2000, age / 60))
  }

  async function ask() {
    const isDue = mine >= 0 && mine < 600000 && again > 0 && tried >= again * 1000
    try { await (isDue ? post() : send()) } catch { fails += 1 }
    later(pace())
  }

  function post() {
    tried = 0
    return send(new URLSearchParams(new FormData(form)))
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (button.getAttribute('aria-disabled') === 'true') return
    button.setAttribute('aria-disabled', 'true')
    text(button, 'Please wait')
    mine = 0
    try { await post() } catch {
      fails += 1
      mine = -1
      text(said, 'That did not get through. Press again in a few seconds.')
      button.setAttribute('aria-disabled', 'false')
      text(button, 'Start it')
    }
    if (form.elements.password) form.elements.password.value = ''
    later(pace())
  })
  document.addEventListener('visibilitychange', () => { if (!document.hidden) later(0) })
  later(pace())
})()
`
