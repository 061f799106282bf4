// WebRTC needs a compiled module, which is not built here and not needed for TCP: an empty one stands in.
const STAND_IN =
  'data:text/javascript,' +
  'export const RTCPeerConnection=undefined,RTCSessionDescription=undefined,RTCIceCandidate=undefined;export default {}'

export async function resolve(specifier, context, nextResolve) {
  if (specifier === 'webrtc-polyfill') return { url: STAND_IN, shortCircuit: true }
  return nextResolve(specifier, context)
}
