/**
 * @generated SignedSource<<7ceddfc8ac9d6f751a6cb0b283f6f386>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
export type documentsEnterMutation$variables = Record<PropertyKey, never>;
export type documentsEnterMutation$data = {
  readonly signedIn: {
    readonly errors: ReadonlyArray<{
      readonly message: string;
    }>;
    readonly token: string | null | undefined;
  };
};
export type documentsEnterMutation = {
  response: documentsEnterMutation$data;
  variables: documentsEnterMutation$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "kind": "Literal",
    "name": "input",
    "value": {
      "displayName": "Relay"
    }
  }
],
v1 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "token",
  "storageKey": null
},
v2 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "message",
  "storageKey": null
};
return {
  "fragment": {
    "argumentDefinitions": [],
    "kind": "Fragment",
    "metadata": null,
    "name": "documentsEnterMutation",
    "selections": [
      {
        "alias": "signedIn",
        "args": (v0/*:: as any*/),
        "concreteType": "SignInPayload",
        "kind": "LinkedField",
        "name": "enterAsGuest",
        "plural": false,
        "selections": [
          (v1/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "concreteType": null,
            "kind": "LinkedField",
            "name": "errors",
            "plural": true,
            "selections": [
              (v2/*:: as any*/)
            ],
            "storageKey": null
          }
        ],
        "storageKey": "enterAsGuest(input:{\"displayName\":\"Relay\"})"
      }
    ],
    "type": "Mutation",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [],
    "kind": "Operation",
    "name": "documentsEnterMutation",
    "selections": [
      {
        "alias": "signedIn",
        "args": (v0/*:: as any*/),
        "concreteType": "SignInPayload",
        "kind": "LinkedField",
        "name": "enterAsGuest",
        "plural": false,
        "selections": [
          (v1/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "concreteType": null,
            "kind": "LinkedField",
            "name": "errors",
            "plural": true,
            "selections": [
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "__typename",
                "storageKey": null
              },
              (v2/*:: as any*/)
            ],
            "storageKey": null
          }
        ],
        "storageKey": "enterAsGuest(input:{\"displayName\":\"Relay\"})"
      }
    ]
  },
  "params": {
    "cacheID": "cb7596e22eb31f2055d5fa3205e82ad0",
    "id": null,
    "metadata": {},
    "name": "documentsEnterMutation",
    "operationKind": "mutation",
    "text": "mutation documentsEnterMutation {\n  signedIn: enterAsGuest(input: {displayName: \"Relay\"}) {\n    token\n    errors {\n      __typename\n      message\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "63c852801ca914b34d00a79a6084793c";

export default node;
