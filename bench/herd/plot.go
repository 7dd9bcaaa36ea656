package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// A panel is one herd's picture: the share of its machines that have renewed, over time, beside the moment
// when the first token dies. What lies behind that line and above the curve is machines without a token.
type panel struct {
	left       float64
	from, to   time.Duration // of the horizontal axis, since the first token's death
	tick       time.Duration
	unit       time.Duration
	axis       string
	herd       Herd
	byExpiry   Outcome
	byOurs     Outcome
	width, top float64
	height     float64
}

const (
	plotWidth, plotHeight = 860, 292
	panelWidth            = 236.0
	panelTop, panelHeight = 64.0, 176.0
)

// style has the colours for paper and for a dark page. An SVG inside a page goes by the reader's
// preference, as the page does.
const style = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #59636e }
  .title { font-size: 13px; font-weight: 600; fill: #1f2328 }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .dies { stroke: #59636e; stroke-width: 1; stroke-dasharray: 2 3 }
  .ours { stroke: #0969da; fill: none; stroke-width: 2.25; stroke-linejoin: round }
  .expiry { stroke: #bc4c00; fill: none; stroke-width: 2.25; stroke-linejoin: round }
  .lost { fill: #bc4c00; opacity: .10 }
  .ours-name { fill: #0969da; font-weight: 600 }
  .expiry-name { fill: #bc4c00; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 }
    .title { fill: #f0f6fc }
    .grid { stroke: #3d444d }
    .dies { stroke: #9198a1 }
    .ours { stroke: #4493f8 }
    .expiry { stroke: #f0883e }
    .lost { fill: #f0883e; opacity: .16 }
    .ours-name { fill: #4493f8 }
    .expiry-name { fill: #f0883e }
  }
`

// draw makes the picture of docs/performance.md: one panel for each herd, its two outcomes in it.
func draw(herds []Herd, outcomes [][2]Outcome) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" role="img">`+"\n", plotWidth, plotHeight)
	b.WriteString("<title>Share of machines with a new token, over time: refresh at expiry beside credential-idcs</title>\n")
	fmt.Fprintf(&b, "<style>%s</style>\n", style)
	b.WriteString(`<text class="title" x="48" y="18">Machines that have a new token</text>
<line class="ours" x1="300" x2="322" y1="14" y2="14"/><text class="ours-name" x="329" y="18">credential-idcs</text>
<line class="expiry" x1="460" x2="482" y1="14" y2="14"/><text class="expiry-name" x="489" y="18">refresh at expiry</text>
<rect class="lost" x="630" y="6" width="22" height="16"/><text x="659" y="18">machines without a token</text>
`)
	for i, h := range herds {
		p := panel{herd: h, byExpiry: outcomes[i][0], byOurs: outcomes[i][1], left: 48 + float64(i)*(panelWidth+46),
			width: panelWidth, top: panelTop, height: panelHeight,
			from: -30 * time.Minute, to: 40 * time.Minute, tick: 20 * time.Minute, unit: time.Minute, axis: "minutes after the first token dies"}
		if h.Life > time.Hour {
			p.from, p.to, p.tick, p.unit, p.axis = -4*time.Hour, 6*time.Hour, 2*time.Hour, time.Hour, "hours after the first token dies"
		}
		p.draw(&b, i == 0)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (p panel) x(t time.Duration) float64 {
	return p.left + p.width*float64(t-p.from)/float64(p.to-p.from)
}

func (p panel) y(share float64) float64 { return p.top + p.height*(1-share) }

func (p panel) draw(b *bytes.Buffer, first bool) {
	fmt.Fprintf(b, `<text class="title" x="%.0f" y="%.0f">%s machines, %s tokens</text>`+"\n", p.left, p.top-14, thousands(p.herd.Hosts), duration(p.herd.Life))
	for _, share := range []float64{0, 0.5, 1} {
		fmt.Fprintf(b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%[3]f"/>`+"\n", p.left, p.left+p.width, p.y(share))
		if first {
			fmt.Fprintf(b, `<text x="%.0f" y="%.0f" text-anchor="end">%.0f %%</text>`+"\n", p.left-6, p.y(share)+4, share*100)
		}
	}
	for t := p.from.Truncate(p.tick); t <= p.to; t += p.tick {
		label := fmt.Sprintf("%+d", t/p.unit)
		if t == 0 {
			label = "0"
		}
		fmt.Fprintf(b, `<text x="%.1f" y="%.0f" text-anchor="middle">%s</text>`+"\n", p.x(t), p.top+p.height+18, strings.Replace(label, "-", "−", 1))
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.0f" text-anchor="middle">%s</text>`+"\n", p.left+p.width/2, p.top+p.height+38, p.axis)

	for _, o := range []Outcome{p.byExpiry, p.byOurs} {
		fmt.Fprintf(b, `<path class="lost" d="%s L%.1f %.1f H%.1f Z"/>`+"\n", p.curve(o, 0), p.x(p.to), p.y(1), p.x(0))
	}
	fmt.Fprintf(b, `<line class="dies" x1="%.1f" x2="%[1]f" y1="%.1f" y2="%.1f"/>`+"\n", p.x(0), p.y(1)-6, p.y(0))
	fmt.Fprintf(b, `<path class="expiry" d="%s"/>`+"\n", p.curve(p.byExpiry, p.from))
	fmt.Fprintf(b, `<path class="ours" d="%s"/>`+"\n", p.curve(p.byOurs, p.from))
}

// curve is the path of the share of machines that have renewed, from a time on.
func (p panel) curve(o Outcome, from time.Duration) string {
	var b strings.Builder
	sum, next, cmd := 0, from, "M"
	for i, n := range o.Firsts {
		t := time.Duration(i)*step - p.herd.Life
		if t > p.to {
			break
		}
		if t >= next {
			fmt.Fprintf(&b, "%s%.1f %.1f", cmd, p.x(t), p.y(float64(sum)/float64(p.herd.Hosts)))
			next, cmd = next+(p.to-p.from)/300, "L"
		}
		sum += n
	}
	return b.String()
}
