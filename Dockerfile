# The kit in a container: docker build -t angular-loss-kit . && docker run --rm angular-loss-kit lab --check
FROM node:20-slim
# Records name the commit that they were made with.
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
 && git config --system --add safe.directory /kit
WORKDIR /kit
COPY . .
RUN npm ci --omit=optional && npm cache clean --force
# Data, cache and results belong on volumes.
ENV KIT_DATA=/data KIT_CACHE=/cache
ENTRYPOINT ["node", "/kit/dist/cli/main.js"]
