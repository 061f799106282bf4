/** For a peer that does not complete MSE in time: nearly every cause of a refusal is left open. */
export const MSE_TIMEOUT_HINT = 'try a longer --handshake-timeout'
