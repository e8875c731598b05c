import { graphql } from '../../gql/index.ts';

export const DeletedContentDocument = graphql(`
  query DeletedContent {
    server { deletedContent }
  }
`);

export const DeleteAccountDocument = graphql(`
  mutation DeleteAccount($password: String, $content: DeletedContent!) {
    deleteAccount(input: { password: $password, content: $content }) {
      errors { code message path }
    }
  }
`);
