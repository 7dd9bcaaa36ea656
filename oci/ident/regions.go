package ident

// defaultDomain is the second-level domain of realm oc1, and of every region that isn't listed.
const defaultDomain = "oraclecloud.com"

// secondLevel is a region's second-level domain.
func secondLevel(region string) string {
	switch region {
	case "us-langley-1", "us-luke-1", // oc2
		"us-gov-ashburn-1", "us-gov-chicago-1", "us-gov-phoenix-1": // oc3
		return "oraclegovcloud.com"
	case "uk-gov-london-1", "uk-gov-cardiff-1": // oc4
		return "oraclegovcloud.uk"
	case "ap-chiyoda-1", "ap-ibaraki-1": // oc8
		return "oraclecloud8.com"
	case "me-dcc-muscat-1", "me-ibri-1": // oc9
		return "oraclecloud9.com"
	case "ap-dcc-canberra-1": // oc10
		return "oraclecloud10.com"
	case "eu-dcc-milan-1", "eu-dcc-milan-2", "eu-dcc-dublin-2", "eu-dcc-rating-2", "eu-dcc-rating-1", "eu-dcc-dublin-1": // oc14
		return "oraclecloud14.com"
	case "ap-dcc-gazipur-1": // oc15
		return "oraclecloud15.com"
	case "eu-madrid-2", "eu-frankfurt-2": // oc19
		return "oraclecloud.eu"
	case "eu-jovanovac-1": // oc20
		return "oraclecloud20.com"
	case "me-dcc-doha-1", "me-alrayyan-1": // oc21
		return "oraclecloud21.com"
	case "us-somerset-1", "us-thames-1": // oc23
		return "oraclecloud23.com"
	case "eu-dcc-zurich-1", "eu-crissier-1": // oc24
		return "oraclecloud24.com"
	case "me-abudhabi-3", "me-alain-1": // oc26
		return "oraclecloud26.com"
	case "me-abudhabi-2", "me-abudhabi-4": // oc29
		return "oraclecloud29.com"
	case "ap-seoul-2", "ap-suwon-1", "ap-chuncheon-2": // oc35
		return "oraclecloud35.com"
	case "us-ashburn-2", "us-newark-1": // oc42
		return "oraclecloud42.com"
	case "eu-budapest-1": // oc51
		return "oraclecloud51.com"
	case "sa-riodejaneiro-1": // oc52
		return "oraclecloud52.com"
	}
	return defaultDomain
}

// regionOfKey is the region that a key of three letters stands for, "" for one that isn't known.
func regionOfKey(key string) string {
	switch key {
	case "yny":
		return "ap-chuncheon-1"
	case "hyd":
		return "ap-hyderabad-1"
	case "mel":
		return "ap-melbourne-1"
	case "bom":
		return "ap-mumbai-1"
	case "kix":
		return "ap-osaka-1"
	case "icn":
		return "ap-seoul-1"
	case "syd":
		return "ap-sydney-1"
	case "nrt":
		return "ap-tokyo-1"
	case "yul":
		return "ca-montreal-1"
	case "yyz":
		return "ca-toronto-1"
	case "ams":
		return "eu-amsterdam-1"
	case "fra":
		return "eu-frankfurt-1"
	case "zrh":
		return "eu-zurich-1"
	case "jed":
		return "me-jeddah-1"
	case "dxb":
		return "me-dubai-1"
	case "gru":
		return "sa-saopaulo-1"
	case "cwl":
		return "uk-cardiff-1"
	case "lhr":
		return "uk-london-1"
	case "iad":
		return "us-ashburn-1"
	case "phx":
		return "us-phoenix-1"
	case "sjc":
		return "us-sanjose-1"
	case "vcp":
		return "sa-vinhedo-1"
	case "scl":
		return "sa-santiago-1"
	case "mtz":
		return "il-jerusalem-1"
	case "mrs":
		return "eu-marseille-1"
	case "sin":
		return "ap-singapore-1"
	case "auh":
		return "me-abudhabi-1"
	case "lin":
		return "eu-milan-1"
	case "arn":
		return "eu-stockholm-1"
	case "jnb":
		return "af-johannesburg-1"
	case "cdg":
		return "eu-paris-1"
	case "qro":
		return "mx-queretaro-1"
	case "mad":
		return "eu-madrid-1"
	case "ord":
		return "us-chicago-1"
	case "mty":
		return "mx-monterrey-1"
	case "aga":
		return "us-saltlake-2"
	case "bog":
		return "sa-bogota-1"
	case "vap":
		return "sa-valparaiso-1"
	case "xsp":
		return "ap-singapore-2"
	case "ruh":
		return "me-riyadh-1"
	case "onm":
		return "ap-delhi-1"
	case "hsg":
		return "ap-batam-1"
	case "orf":
		return "eu-madrid-3"
	case "nrq":
		return "eu-turin-1"
	case "jbp":
		return "ap-kulai-2"
	case "lej":
		return "af-casablanca-1"
	case "lfi":
		return "us-langley-1"
	case "luf":
		return "us-luke-1"
	case "ric":
		return "us-gov-ashburn-1"
	case "pia":
		return "us-gov-chicago-1"
	case "tus":
		return "us-gov-phoenix-1"
	case "ltn":
		return "uk-gov-london-1"
	case "brs":
		return "uk-gov-cardiff-1"
	case "nja":
		return "ap-chiyoda-1"
	case "ukb":
		return "ap-ibaraki-1"
	case "mct":
		return "me-dcc-muscat-1"
	case "ibr":
		return "me-ibri-1"
	case "wga":
		return "ap-dcc-canberra-1"
	case "bgy":
		return "eu-dcc-milan-1"
	case "mxp":
		return "eu-dcc-milan-2"
	case "snn":
		return "eu-dcc-dublin-2"
	case "dtm":
		return "eu-dcc-rating-2"
	case "dus":
		return "eu-dcc-rating-1"
	case "ork":
		return "eu-dcc-dublin-1"
	case "dac":
		return "ap-dcc-gazipur-1"
	case "vll":
		return "eu-madrid-2"
	case "str":
		return "eu-frankfurt-2"
	case "beg":
		return "eu-jovanovac-1"
	case "doh":
		return "me-dcc-doha-1"
	case "vve":
		return "me-alrayyan-1"
	case "ebb":
		return "us-somerset-1"
	case "ebl":
		return "us-thames-1"
	case "avz":
		return "eu-dcc-zurich-1"
	case "avf":
		return "eu-crissier-1"
	case "ahu":
		return "me-abudhabi-3"
	case "rba":
		return "me-alain-1"
	case "rkt":
		return "me-abudhabi-2"
	case "shj":
		return "me-abudhabi-4"
	case "dtz":
		return "ap-seoul-2"
	case "dln":
		return "ap-suwon-1"
	case "bno":
		return "ap-chuncheon-2"
	case "yxj":
		return "us-ashburn-2"
	case "pgc":
		return "us-newark-1"
	case "jsk":
		return "eu-budapest-1"
	case "hnw":
		return "sa-riodejaneiro-1"
	}
	return ""
}
