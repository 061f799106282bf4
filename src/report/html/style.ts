/** The style of a report page: light and dark, from 360 pixels on, and on paper. No font, image or script from anywhere. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2128;--dim:#5b6572;--line:#d7dce2;--soft:#f4f6f8;--good:#18794e;--bad:#c62a2a;--warn:#9a6700;--us:#0b62c4;--bar:#7aa7d9}
@media(prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e3e8ee;--dim:#98a3b0;--line:#333b45;--soft:#1c2229;--good:#4cc38a;--bad:#ff7b72;--warn:#e0b040;--us:#6cb2ff;--bar:#41668f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:20px 16px 48px}
h1{font-size:1.5rem;line-height:1.25;margin:.1em 0;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:2em 0 .6em;padding-bottom:.25em;border-bottom:1px solid var(--line)}
p{margin:.3em 0}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em;overflow-wrap:anywhere}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:12px;overflow:auto;max-height:28rem;white-space:pre;overflow-wrap:normal}
.peer{color:var(--dim);margin:0;overflow-wrap:anywhere}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}.dim{color:var(--dim)}
.try{background:var(--soft);border-left:4px solid var(--warn);padding:.5em .8em;margin:.8em 0;border-radius:0 6px 6px 0;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:12px}
.card{border:1px solid var(--line);border-radius:8px;padding:10px 14px;min-width:0}
.card h3{margin:0 0 .3em;font-size:.8rem;text-transform:uppercase;letter-spacing:.05em;color:var(--dim)}
dl{display:grid;grid-template-columns:minmax(6em,auto) 1fr;gap:.15em .9em;margin:0}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere;min-width:0}
table{border-collapse:collapse;width:100%}
th{text-align:left;font-weight:600;color:var(--dim);font-size:.82rem}
th,td{padding:.28em .6em .28em 0;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
td.time,td.at{white-space:nowrap;color:var(--dim);font-variant-numeric:tabular-nums;text-align:right;padding-right:1em;width:1%}
.scroll{overflow-x:auto}.attempts th,.attempts td{overflow-wrap:normal;white-space:nowrap}.attempts td.why{white-space:normal;overflow-wrap:anywhere}
.ladder td.dir{width:1%;white-space:nowrap;font-weight:600}
.ladder tr.sent td.dir{color:var(--us)}
.ladder tr.received td.dir{color:var(--good)}
.ladder tr.note td{background:var(--soft)}
.finding{border-left:4px solid var(--line);padding:.3em .8em;margin:.6em 0;overflow-wrap:anywhere}
.finding.error{border-color:var(--bad)}.finding.warning{border-color:var(--warn)}.finding.info{border-color:var(--us)}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--dim);font:12px system-ui,sans-serif}
.bar{fill:var(--bar)}.grid{stroke:var(--line)}.rate{fill:var(--bar)}.late{fill:none;stroke:var(--warn);stroke-width:1.5}
.has{fill:var(--good)}.lacks{fill:var(--line)}
details{margin:.6em 0}summary{cursor:pointer;color:var(--us)}
footer{margin-top:3em;color:var(--dim);font-size:.85rem;overflow-wrap:anywhere}
@media(max-width:560px){.ladder td.at,.ladder th.at{display:none}main{padding:14px 12px 40px}dl{grid-template-columns:1fr}dt{margin-top:.35em}}
@media print{body{font-size:11px}pre{max-height:none}details>*{display:block}main{max-width:none}}
`
