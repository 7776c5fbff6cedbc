// Where the app of the local machines says whether it is ready, and where its page's WebSocket lives: Streamlit's own paths.
export const HEALTH_PATH = '/_stcore/health'
export const STREAM_PATH = '/_stcore/stream'
