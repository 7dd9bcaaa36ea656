// Signs a GET and a POST with Oracle's TypeScript client, and prints the headers. The key's PEM is on
// stdin; the arguments are tenancy, user and fingerprint.
const fs = require("fs");
const { DefaultRequestSigner, SimpleAuthenticationDetailsProvider, Region } = require("oci-common");

const [tenancy, user, fingerprint] = process.argv.slice(2);
const key = fs.readFileSync(0, "utf8");
const signer = new DefaultRequestSigner(
	new SimpleAuthenticationDetailsProvider(tenancy, user, fingerprint, key, null, Region.fromRegionId("us-ashburn-1")));

async function sign(method, body) {
	const request = { uri: "https://iad.ocir.io/20180419/docker/token?a=b%20c", method, headers: new Headers(), body };
	if (body) request.headers.set("Content-Type", "application/json");
	await signer.signHttpRequest(request);
	return [...request.headers];
}

(async () => console.log(JSON.stringify([await sign("GET"), await sign("POST", '{"a":"b"}')])))();
