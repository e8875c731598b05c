import { graphql } from '../../gql/index.ts';

export const DeletionOptionsDocument = graphql(`
  query DeletionOptions {
    server { deletedContent }
    viewer { hasPassword }
  }
`);

export const DeleteAccountDocument = graphql(`
  mutation DeleteAccount($password: String, $content: DeletedContent!) {
    deleteAccount(input: { password: $password, content: $content }) {
      errors { code message path }
    }
  }
`);
