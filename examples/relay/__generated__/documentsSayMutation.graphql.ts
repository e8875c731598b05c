/**
 * @generated SignedSource<<7237eb63c14cc8cf146a694517725f72>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
export type documentsSayMutation$variables = {
  clientKey: string;
  roomId: string;
  text: string;
};
export type documentsSayMutation$data = {
  readonly joinRoom: {
    readonly errors: ReadonlyArray<{
      readonly message: string;
    }>;
  };
  readonly sendMessage: {
    readonly errors: ReadonlyArray<{
      readonly message: string;
    }>;
  };
};
export type documentsSayMutation = {
  response: documentsSayMutation$data;
  variables: documentsSayMutation$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "clientKey"
},
v1 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "roomId"
},
v2 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "text"
},
v3 = {
  "kind": "Variable",
  "name": "roomId",
  "variableName": "roomId"
},
v4 = [
  {
    "fields": [
      (v3/*:: as any*/)
    ],
    "kind": "ObjectValue",
    "name": "input"
  }
],
v5 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "message",
  "storageKey": null
},
v6 = [
  {
    "alias": null,
    "args": null,
    "concreteType": null,
    "kind": "LinkedField",
    "name": "errors",
    "plural": true,
    "selections": [
      (v5/*:: as any*/)
    ],
    "storageKey": null
  }
],
v7 = [
  {
    "fields": [
      {
        "kind": "Variable",
        "name": "clientKey",
        "variableName": "clientKey"
      },
      (v3/*:: as any*/),
      {
        "kind": "Variable",
        "name": "text",
        "variableName": "text"
      }
    ],
    "kind": "ObjectValue",
    "name": "input"
  }
],
v8 = [
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
      (v5/*:: as any*/)
    ],
    "storageKey": null
  }
];
return {
  "fragment": {
    "argumentDefinitions": [
      (v0/*:: as any*/),
      (v1/*:: as any*/),
      (v2/*:: as any*/)
    ],
    "kind": "Fragment",
    "metadata": null,
    "name": "documentsSayMutation",
    "selections": [
      {
        "alias": null,
        "args": (v4/*:: as any*/),
        "concreteType": "JoinRoomPayload",
        "kind": "LinkedField",
        "name": "joinRoom",
        "plural": false,
        "selections": (v6/*:: as any*/),
        "storageKey": null
      },
      {
        "alias": null,
        "args": (v7/*:: as any*/),
        "concreteType": "SendMessagePayload",
        "kind": "LinkedField",
        "name": "sendMessage",
        "plural": false,
        "selections": (v6/*:: as any*/),
        "storageKey": null
      }
    ],
    "type": "Mutation",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [
      (v1/*:: as any*/),
      (v2/*:: as any*/),
      (v0/*:: as any*/)
    ],
    "kind": "Operation",
    "name": "documentsSayMutation",
    "selections": [
      {
        "alias": null,
        "args": (v4/*:: as any*/),
        "concreteType": "JoinRoomPayload",
        "kind": "LinkedField",
        "name": "joinRoom",
        "plural": false,
        "selections": (v8/*:: as any*/),
        "storageKey": null
      },
      {
        "alias": null,
        "args": (v7/*:: as any*/),
        "concreteType": "SendMessagePayload",
        "kind": "LinkedField",
        "name": "sendMessage",
        "plural": false,
        "selections": (v8/*:: as any*/),
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "bc420727c6849eeb30fb0c6ac372d524",
    "id": null,
    "metadata": {},
    "name": "documentsSayMutation",
    "operationKind": "mutation",
    "text": "mutation documentsSayMutation(\n  $roomId: ID!\n  $text: String!\n  $clientKey: String!\n) {\n  joinRoom(input: {roomId: $roomId}) {\n    errors {\n      __typename\n      message\n    }\n  }\n  sendMessage(input: {roomId: $roomId, text: $text, clientKey: $clientKey}) {\n    errors {\n      __typename\n      message\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "94d9b9b36d57fa14ca0ba242244e101f";

export default node;
