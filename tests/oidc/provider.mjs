// An identity provider on 127.0.0.1 for the site at the given address: it accepts any login and any password.
// It prints its issuer as one line, and ends when its standard input is closed.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [site, algorithm] = process.argv.slice(2);
const key = (type, options, more) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }), ...more });

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "florilege",
        client_secret: "un secret : 100 %",
        redirect_uris: [`${site}/login/provider/back`],
        post_logout_redirect_uris: [`${site}/logout`],
        token_endpoint_auth_method: "client_secret_post",
        id_token_signed_response_alg: algorithm,
        userinfo_signed_response_alg: algorithm,
      },
    ],
    jwks: {
      keys: [
        key("rsa", { modulusLength: 2048 }, { kid: "rsa", alg: "RS256", use: "sig" }),
        key("ec", { namedCurve: "P-256" }, { kid: "ec", alg: "ES256", use: "sig" }),
      ],
    },
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      given_name: ["given_name"],
      usual_name: ["usual_name"],
    },
    scopes: ["openid", "email", "given_name", "usual_name"],
    features: { jwtUserinfo: { enabled: true } },
    cookies: { keys: ["une clé"] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        given_name: "Claire",
        usual_name: "Aubert",
        email: `${id}@ville.example`,
        email_verified: true,
      }),
    }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
