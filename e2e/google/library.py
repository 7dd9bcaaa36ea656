# Google's client library for Python, as library.mjs is for node. Its folder is the first argument.
import os
import sys

sys.path.insert(0, sys.argv[1])

import google.auth.transport.requests
from google.auth import pluggable

try:
    # google.auth.default() comes to this, and then asks Google for the project's name.
    credentials = pluggable.Credentials.from_file(
        os.environ["GOOGLE_APPLICATION_CREDENTIALS"],
        scopes=["https://www.googleapis.com/auth/cloud-platform"],
    )
    credentials.refresh(google.auth.transport.requests.Request())
    print("token " + credentials.token)
except Exception as e:
    print("error " + str(e))
    sys.exit(1)
