// Google's client library for node as a program would use it: it finds a credential configuration, whose
// executable is ours, and prints the access token that the token exchange gave for our ID token.
import {readFileSync} from 'node:fs';
import {GoogleAuth} from 'google-auth-library';

try {
  const credentials = JSON.parse(readFileSync(process.env.GOOGLE_APPLICATION_CREDENTIALS));
  const client = new GoogleAuth({scopes: ['https://www.googleapis.com/auth/cloud-platform']}).fromJSON(credentials);
  const {token} = await client.getAccessToken();
  console.log('token ' + token);
} catch (e) {
  console.log('error ' + e.message);
  process.exitCode = 1;
}
