#include "storage/s3/web_identity_place.h"

#include <utility>

#include "storage/s3/profile_plan.h"
#include "storage/s3/sts.h"

namespace sluice::storage {
namespace {

class WebIdentity final : public CredentialPlace {
 public:
  explicit WebIdentity(const CredentialContext& context) : context_(context) {}

  std::string_view kind() const override { return "web identity"; }

  Result<Finding> Look() override {
    const std::string file = Variable(context_.environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
    if (file.empty()) return Finding::Absent("AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    RoleToAssume role{.arn = Variable(context_.environment, "AWS_ROLE_ARN")};
    if (role.arn.empty()) {
      return NoCredentials(Code::kPermissionDenied,
                           "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not");
    }
    std::string session = Variable(context_.environment, "AWS_ROLE_SESSION_NAME");
    if (!session.empty()) role.session_name = std::move(session);
    return Finding::Of(TRY(AssumeRoleByToken(context_, role, file)));
  }

 private:
  const CredentialContext context_;
};

}  // namespace

std::unique_ptr<CredentialPlace> WebIdentityPlace(const CredentialContext& context) {
  return std::make_unique<WebIdentity>(context);
}

}  // namespace sluice::storage
