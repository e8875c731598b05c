/** Yoga whose mutation inserts a message in a transaction of its own. DATABASE_URL: where. */
import { createSchema, createYoga } from 'graphql-yoga';
import pg from 'pg';
import { newMessage, typeDefs } from './message.ts';
import { serveYoga } from './yoga-server.ts';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
await pool.query(
  'CREATE TABLE IF NOT EXISTS peer_message (id uuid PRIMARY KEY, author_id uuid NOT NULL, text text NOT NULL, sent_at timestamptz NOT NULL)',
);
serveYoga(
  createYoga({
    schema: createSchema({
      typeDefs,
      resolvers: {
        Mutation: {
          async send(_root: unknown, { text }: { text: string }) {
            const message = newMessage(text);
            const client = await pool.connect();
            try {
              await client.query('BEGIN');
              await client.query('INSERT INTO peer_message (id, author_id, text, sent_at) VALUES ($1, $2, $3, $4)', [
                message.id,
                message.author.id,
                text,
                message.sentAt,
              ]);
              await client.query('COMMIT');
            } catch (error) {
              await client.query('ROLLBACK');
              throw error;
            } finally {
              client.release();
            }
            return message;
          },
        },
      },
    }),
    logging: false,
  }),
);
