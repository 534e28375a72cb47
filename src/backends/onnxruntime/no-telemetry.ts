/**
 * onnxruntime-node sends telemetry to Microsoft (mobile.events.data.microsoft.com, some seconds after the first session;
 * seen with 1.30) unless this variable is set before its native library is loaded. Whoever set it keeps their word:
 * `ORT_DISABLE_TELEMETRY=0` lets it send.
 *
 * Imported for its effect, first, by whatever begins a process or the library; child processes inherit it. A
 * worker_thread has a copy of the environment that native code does not see: set it in the main thread.
 */
process.env.ORT_DISABLE_TELEMETRY ||= '1';
