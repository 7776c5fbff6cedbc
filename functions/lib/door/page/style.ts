// The style of the page: no file of its own, so that nothing comes from outside. Colours have a contrast of 4.5:1 and more, light and dark.
export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1c1c1c;--soft:#595959;--line:#767676;--go:#0b57d0;--on-go:#fff;--good:#146c2e;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#16181c;--ink:#ececec;--soft:#b4b4b4;--line:#8a8a8a;--go:#a8c7fa;--on-go:#062e6f;--good:#7ddc93;--bad:#ffb4ab}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:34rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem}
p{margin:.75rem 0}
.soft{color:var(--soft);font-size:.9375rem}
[role=status]{font-size:1.125rem;min-height:1.5em}
ol{list-style:none;margin:1.25rem 0;padding:0}
li{display:flex;gap:.75rem;padding:.375rem 0}
li::before{content:"\\25CB";width:1.25em;flex:none;text-align:center}
li[data-mark=done]::before{content:"\\2713";color:var(--good)}
li[data-mark=now]::before{content:"\\25CF";color:var(--go);animation:beat 1.6s infinite}
li[data-mark=failed]::before{content:"\\2717";color:var(--bad)}
li[data-mark="to do"]{color:var(--soft)}
li span{color:var(--soft);font-size:.9375rem}
@keyframes beat{50%{opacity:.35}}
@media (prefers-reduced-motion:reduce){li::before{animation:none!important}}
label{display:block;margin:.75rem 0 .25rem}
input[type=password]{font:inherit;width:100%;padding:.625rem;border:1px solid var(--line);border-radius:.5rem;background:var(--paper);color:var(--ink)}
button,.button{font:inherit;font-weight:600;display:inline-block;margin:1rem 0 .5rem;padding:.75rem 1.5rem;border:2px solid var(--go);border-radius:.5rem;background:var(--go);color:var(--on-go);text-decoration:none;cursor:pointer}
button[aria-disabled=true]{background:var(--paper);color:var(--soft);border-color:var(--line);cursor:default}
:focus-visible{outline:3px solid var(--go);outline-offset:3px}
[hidden]{display:none!important}
`
