// Webhook profiles as YAML: what `windrow apply` reads.
//
// Each document is one webhook, with the names of the API's fields. Of a profile's own:
//   enum values   without their type's prefix (ANY, or BATCH_MODE_ANY)
//   durations     "30s", "1m30s"
//   conditions    as on the command line: {all: […]}, {any: […]}, {not: …}, or {test:
//                 changed_to, path: object.status, values: [Closed], ignore_case: true}.
//                 Values are JSON's: 9, 1.10, true and null are what they look like,
//                 other texts and all in quotes are texts; `!json '…'` is JSON as it
//                 stands
//   write-only    {env: NAME}, {file: PATH}, or the text itself
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/yaml_tree.h"
#include "windrow/v1/webhook.pb.h"

namespace windrow::cli {

// Where {env: …} and {file: …} are looked up.
struct SecretSources {
  std::function<std::optional<std::string>(const std::string& name)> env;
  std::function<absl::StatusOr<std::string>(const std::string& path)> file;
};

// A secret that a profile gives. `source` is for a person: "env TICKETS_PASSWORD".
struct GivenSecret {
  std::string field;
  std::string source;
};

struct ProfileDocument {
  v1::Webhook webhook;
  std::vector<GivenSecret> secrets;
  YamlPlace place;
};

// INVALID_ARGUMENT with a line for everything that is wrong (at most 100), each
// "file:line:column: field: rule and way out"; no line holds a secret. Rules of values
// are the server's to check. `file` is for messages. Thread-safe where `sources` are.
absl::StatusOr<std::vector<ProfileDocument>> ReadProfiles(std::string_view text,
                                                          std::string_view file,
                                                          const SecretSources& sources);

// One condition in that form, from a text of its own.
absl::StatusOr<v1::Condition> ReadConditionYaml(std::string_view text,
                                                std::string_view file);

}  // namespace windrow::cli
