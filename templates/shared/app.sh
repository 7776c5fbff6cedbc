# shellcheck shell=bash
# The app of a site: what is asked of it, and the right answer, as `ask` gives it. Streamlit answers any unknown path with 200 and its page.
HEALTH_PATH=/_stcore/health
HEALTHY='ok 200'
STREAM_PATH=/_stcore/stream
