package ident

import "strings"

// defaultDomain is the second-level domain of realm oc1, and of every region that isn't listed.
const defaultDomain = "oraclecloud.com"

// regions has on each line a key, its region and, in another realm than oc1, the realm's second-level domain. It is a text,
// since a map would be made at each start.
const regions = `
yny ap-chuncheon-1
hyd ap-hyderabad-1
mel ap-melbourne-1
bom ap-mumbai-1
kix ap-osaka-1
icn ap-seoul-1
syd ap-sydney-1
nrt ap-tokyo-1
yul ca-montreal-1
yyz ca-toronto-1
ams eu-amsterdam-1
fra eu-frankfurt-1
zrh eu-zurich-1
jed me-jeddah-1
dxb me-dubai-1
gru sa-saopaulo-1
cwl uk-cardiff-1
lhr uk-london-1
iad us-ashburn-1
phx us-phoenix-1
sjc us-sanjose-1
vcp sa-vinhedo-1
scl sa-santiago-1
mtz il-jerusalem-1
mrs eu-marseille-1
sin ap-singapore-1
auh me-abudhabi-1
lin eu-milan-1
arn eu-stockholm-1
jnb af-johannesburg-1
cdg eu-paris-1
qro mx-queretaro-1
mad eu-madrid-1
ord us-chicago-1
mty mx-monterrey-1
aga us-saltlake-2
bog sa-bogota-1
vap sa-valparaiso-1
xsp ap-singapore-2
ruh me-riyadh-1
onm ap-delhi-1
hsg ap-batam-1
orf eu-madrid-3
nrq eu-turin-1
jbp ap-kulai-2
lej af-casablanca-1
lfi us-langley-1 oraclegovcloud.com
luf us-luke-1 oraclegovcloud.com
ric us-gov-ashburn-1 oraclegovcloud.com
pia us-gov-chicago-1 oraclegovcloud.com
tus us-gov-phoenix-1 oraclegovcloud.com
ltn uk-gov-london-1 oraclegovcloud.uk
brs uk-gov-cardiff-1 oraclegovcloud.uk
nja ap-chiyoda-1 oraclecloud8.com
ukb ap-ibaraki-1 oraclecloud8.com
mct me-dcc-muscat-1 oraclecloud9.com
ibr me-ibri-1 oraclecloud9.com
wga ap-dcc-canberra-1 oraclecloud10.com
bgy eu-dcc-milan-1 oraclecloud14.com
mxp eu-dcc-milan-2 oraclecloud14.com
snn eu-dcc-dublin-2 oraclecloud14.com
dtm eu-dcc-rating-2 oraclecloud14.com
dus eu-dcc-rating-1 oraclecloud14.com
ork eu-dcc-dublin-1 oraclecloud14.com
dac ap-dcc-gazipur-1 oraclecloud15.com
vll eu-madrid-2 oraclecloud.eu
str eu-frankfurt-2 oraclecloud.eu
beg eu-jovanovac-1 oraclecloud20.com
doh me-dcc-doha-1 oraclecloud21.com
vve me-alrayyan-1 oraclecloud21.com
ebb us-somerset-1 oraclecloud23.com
ebl us-thames-1 oraclecloud23.com
avz eu-dcc-zurich-1 oraclecloud24.com
avf eu-crissier-1 oraclecloud24.com
ahu me-abudhabi-3 oraclecloud26.com
rba me-alain-1 oraclecloud26.com
rkt me-abudhabi-2 oraclecloud29.com
shj me-abudhabi-4 oraclecloud29.com
dtz ap-seoul-2 oraclecloud35.com
dln ap-suwon-1 oraclecloud35.com
bno ap-chuncheon-2 oraclecloud35.com
yxj us-ashburn-2 oraclecloud42.com
pgc us-newark-1 oraclecloud42.com
jsk eu-budapest-1 oraclecloud51.com
hnw sa-riodejaneiro-1 oraclecloud52.com
`

// behind is the rest of the line of regions behind a word; empty: no line has it.
func behind(word string) string {
	_, rest, _ := strings.Cut(regions, word)
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// secondLevel is a region's second-level domain.
func secondLevel(region string) string {
	if domain := behind(" " + region + " "); domain != "" {
		return domain
	}
	return defaultDomain
}

// regionOfKey is the region of a key of three letters; "": it isn't known.
func regionOfKey(key string) string {
	if !isKey(key) {
		return ""
	}
	region, _, _ := strings.Cut(behind("\n"+key+" "), " ")
	return region
}
