#!/usr/bin/env bash
# One step of a release, in this order: data, image, release (which migrates), services. `roll-back` runs an image that
# was released before. Takes STAGE, IMAGE_TAG, DOMAIN_NAME and CERTIFICATE_ARN from the environment, and AWS_REGION,
# SECOND_REGION, MEDIA_URLS, MEDIA_PUBLIC_KEY and ALARM_EMAIL where they are wanted.
set -euo pipefail
cd "$(dirname "$0")"

stack() { echo "VslMedia-$STAGE-$1"; }

# deploy STACK…: each stack by itself; those it stands on were deployed before.
deploy() {
  npx cdk deploy "$@" --exclusively --require-approval never --no-notices \
    -c stage="$STAGE" -c imageTag="$IMAGE_TAG" -c domainName="$DOMAIN_NAME" -c certificateArn="$CERTIFICATE_ARN" \
    -c region="${AWS_REGION:-us-east-1}" -c secondRegion="${SECOND_REGION:-}" -c mediaUrls="${MEDIA_URLS:-public}" \
    -c mediaPublicKey="${MEDIA_PUBLIC_KEY:-}" -c alarmEmail="${ALARM_EMAIL:-}"
}

# output STACK NAME
output() {
  aws cloudformation describe-stacks --stack-name "$(stack "$1")" --output text \
    --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue"
}

build_image() {
  local repository
  repository=$(output Data RepositoryUri)
  # Tags cannot be moved: the image of a commit is built once.
  if aws ecr describe-images --repository-name "${repository#*/}" --image-ids imageTag="$IMAGE_TAG" >/dev/null 2>&1; then
    echo "$repository:$IMAGE_TAG is there"
    return
  fi
  curl --fail --silent --show-error --output ../docker/certificates/rds.pem \
    https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
  aws ecr get-login-password | docker login --username AWS --password-stdin "${repository%%/*}"
  docker build --target service --tag "$repository:$IMAGE_TAG" ..
  docker push "$repository:$IMAGE_TAG"
}

# Runs the new image's migration as a task and fails when it does not exit with 0.
migrate() {
  local cluster task network code
  cluster=$(output Release ClusterName)
  network="awsvpcConfiguration={subnets=[$(output Release TaskSubnets)],securityGroups=[$(output Release TaskSecurityGroup)]}"
  task=$(aws ecs run-task --cluster "$cluster" --launch-type FARGATE --task-definition "$(output Release MigrateTask)" \
    --network-configuration "$network" --query 'tasks[0].taskArn' --output text)
  aws ecs wait tasks-stopped --cluster "$cluster" --tasks "$task"
  code=$(aws ecs describe-tasks --cluster "$cluster" --tasks "$task" --query 'tasks[0].containers[0].exitCode' --output text)
  [ "$code" = 0 ] || {
    echo "the migration ended with $code: see the log group of the task $task" >&2
    exit 1
  }
}

case "${1:-}" in
  data)
    [ -z "${SECOND_REGION:-}" ] || deploy "$(stack Replica)"
    deploy "$(stack Network)" "$(stack Data)"
    ;;
  image) build_image ;;
  release)
    deploy "$(stack Release)"
    migrate
    ;;
  services) deploy "$(stack Services)" ;;
  roll-back) deploy "$(stack Release)" "$(stack Services)" ;;
  *)
    echo 'Usage: infra/deploy.sh data|image|release|services|roll-back' >&2
    exit 2
    ;;
esac
