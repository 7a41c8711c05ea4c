// Webhook profiles as YAML: what is wrong is told with its place and without a secret,
// and what is read can be written and read again.
#include <cctype>

#include "cli/profile_export.h"
#include "cli/profile_yaml.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

constexpr std::string_view kFile = "profile.yaml";
constexpr std::string_view kSecret = "whsec_c2VzYW1lLXNlc2FtZS1zZXNhbWUtc2VzYW1l";

cli::SecretSources Sources() {
  return {.env = [](const std::string&) { return std::string(kSecret); },
          .file = [](const std::string&) { return std::string(kSecret); }};
}

void CheckRefusal(const absl::Status& status, std::string_view input) {
  Require(absl::IsInvalidArgument(status) || absl::IsResourceExhausted(status),
          "a bad profile is bad input");
  const std::string message(status.message());
  // A fuzzer may make the secret up from what this compares with.
  const bool given = input.find(kSecret) != input.npos;
  Require(given || message.find(kSecret) == message.npos, "a secret is not quoted");
  Require(message.starts_with(kFile), "the file is named");
  const std::size_t line = kFile.size() + 1;
  Require(message.size() > line && message[line - 1] == ':' &&
              std::isdigit(static_cast<unsigned char>(message[line])) != 0,
          "the line is named");
}

}  // namespace

WINDROW_FUZZ_TARGET(yaml_profile) {
  const auto condition = cli::ReadConditionYaml(input, kFile);
  if (!condition.ok()) CheckRefusal(condition.status(), input);

  const auto profiles = cli::ReadProfiles(input, kFile, Sources());
  if (!profiles.ok()) return CheckRefusal(profiles.status(), input);
  for (const cli::ProfileDocument& profile : *profiles) {
    const std::string yaml = cli::ProfileToYaml(profile.webhook, {});
    const auto again = cli::ReadProfiles(yaml, kFile, Sources());
    Require(again.ok() && again->size() == 1, "what is written can be read");
    Require(cli::ProfileToYaml(again->front().webhook, {}) == yaml,
            "and says the same when it is written again");
  }
}

}  // namespace windrow::fuzz
