# A data plane, to build from the root of the project: docker build -f deploy/images/data-plane.Dockerfile .
# Keep its state folder on a volume of its own: by it the data plane is itself, and starts without a control plane.
FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /opt/holdfast
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production \
    HOLDFAST_STATE_FOLDER=/var/lib/holdfast \
    HOLDFAST_STATUS_LISTEN=0.0.0.0:8007
WORKDIR /opt/holdfast
RUN install -d -o node -g node -m 0700 /var/lib/holdfast
COPY --from=packages /opt/holdfast/node_modules node_modules
COPY package.json ./
COPY bin bin
COPY proto/gen proto/gen
COPY shared shared
COPY data-plane data-plane
USER 1000:1000
VOLUME /var/lib/holdfast
EXPOSE 8000 8443 8007
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:8007/status').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/holdfast.js"]
CMD ["data-plane"]
