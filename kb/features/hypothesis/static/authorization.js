// Gives the client of Hypothesis, which has opened this window, the code for its token. Only a page of this site gets
// the message.
const { code, state } = document.getElementById("authorization").dataset;

if (code && window.opener) {
  window.opener.postMessage({ type: "authorization_response", code, state }, window.location.origin);
  window.close();
}
