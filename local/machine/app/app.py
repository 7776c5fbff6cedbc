# A small real Streamlit app: a widget that talks over the WebSocket, an upload, and the request as it arrives here.
import json
import os

import streamlit as st

st.set_page_config(page_title="RAGstream", layout="centered")
st.title("RAGstream")
st.caption(f"version {os.environ.get('RAGSTREAM_VERSION', 'unknown')}")

question = st.text_input("Question")
if question:
    st.write(f"You asked: {question}")

document = st.file_uploader("Document")
if document is not None:
    st.write(f"Received {document.name}: {document.size} bytes")

st.subheader("Request headers")
st.code(json.dumps(st.context.headers.to_dict(), indent=2), language=None)
