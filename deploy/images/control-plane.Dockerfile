# A control plane, to build from the root of the project: docker build -f deploy/images/control-plane.Dockerfile .
# Without the embedded Postgres: in a container the database is a service of its own (HOLDFAST_DATABASE_URL).
FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /opt/holdfast
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production \
    HOLDFAST_STATE_FOLDER=/var/lib/holdfast \
    HOLDFAST_ADMIN_LISTEN=0.0.0.0:8001 \
    HOLDFAST_SYNC_LISTEN=0.0.0.0:8005 \
    HOLDFAST_STATUS_LISTEN=0.0.0.0:8006
WORKDIR /opt/holdfast
RUN install -d -o node -g node -m 0700 /var/lib/holdfast
COPY --from=packages /opt/holdfast/node_modules node_modules
COPY package.json ./
COPY bin bin
COPY proto/gen proto/gen
COPY shared shared
COPY control-plane control-plane
USER 1000:1000
VOLUME /var/lib/holdfast
EXPOSE 8001 8005 8006
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["node", "-e", "fetch('http://127.0.0.1:8006/status/live').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/holdfast.js"]
CMD ["control-plane"]
