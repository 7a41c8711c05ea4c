// `windrow apply`: webhooks become what files of profiles say.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <ostream>
#include <set>

#include "cli/apply_plan.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/flag_types.h"
#include "cli/profile_yaml.h"
#include "cli/rpc_errors.h"
#include "cli/table.h"
#include "common/base/status.h"
#include "common/domain/case_fold.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::cli {
namespace {

constexpr int kPageSize = 1'000;

struct ApplyFlags {
  std::vector<std::string> files;
  bool dry_run = false;
  bool yes = false;
};

// Files beside the profile's own are named from its folder.
SecretSources SourcesFor(const std::string& file) {
  const std::filesystem::path folder =
      file == "-" ? std::filesystem::path() : std::filesystem::path(file).parent_path();
  return {.env = [](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
          },
          .file =
              [folder](const std::string& path) {
                return ReadTextFile((folder / path).string());
              }};
}

absl::StatusOr<std::vector<ProfileDocument>> ReadAll(const Session& session,
                                                     const ApplyFlags& flags) {
  std::vector<ProfileDocument> all;
  std::map<std::string, std::string> files;  // by folded name
  for (const std::string& file : flags.files) {
    const bool from_in = file == "-";
    std::string text;
    if (from_in) {
      text.assign(std::istreambuf_iterator<char>(session.in), {});
    } else {
      WINDROW_ASSIGN_OR_RETURN(text, ReadTextFile(file));
    }
    WINDROW_ASSIGN_OR_RETURN(
        std::vector<ProfileDocument> documents,
        ReadProfiles(text, from_in ? "standard input" : file, SourcesFor(file)));
    for (ProfileDocument& document : documents) {
      const auto [other, is_new] =
          files.emplace(domain::Folded(document.webhook.name()), file);
      if (!is_new && other->second != file) {
        return absl::InvalidArgumentError(
            fmt::format("{}:{}: name: is that of a webhook in {} too: keep one", file,
                        document.place.line, other->second));
      }
      all.push_back(std::move(document));
    }
  }
  return all;
}

// One run of the verb: plans for all, then the changes, in the files' order.
class Applier {
 public:
  Applier(const Session& session, const ApplyFlags& flags)
      : session_(session),
        flags_(flags),
        stub_(v1::WebhookService::NewStub(Connect(session))) {}

  int Run() {
    const auto documents = ReadAll(session_, flags_);
    if (!documents.ok())
      return FailUsage(session_, std::string(documents.status().message()));
    if (const int code = ReadStored(); code != kOk) return code;
    for (const ProfileDocument& document : *documents) {
      const int code = Plan(document);
      if (code != kOk) problem_ = code;
    }
    if (problem_ != kOk) return problem_;
    const auto changes = [](const ApplyPlan& plan) {
      return plan.action != ApplyAction::kNothing;
    };
    const auto wanted = std::count_if(plans_.begin(), plans_.end(), changes);
    if (flags_.dry_run) return Finish(wanted == 0 ? kOk : kDiffers);
    if (wanted > 0 && !Agreed(wanted)) {
      session_.err << "Nothing was changed.\n";
      return kFailed;
    }
    return Finish(Apply());
  }

 private:
  bool IsTable() const { return session_.output == OutputFormat::kTable; }

  int ReadStored() {
    v1::ListWebhooksRequest request;
    request.set_page_size(kPageSize);
    do {
      v1::ListWebhooksResponse page;
      const grpc::Status status =
          stub_->ListWebhooks(MakeContext(session_).get(), request, &page);
      if (!status.ok()) return Fail(session_, "list the webhooks", status);
      for (v1::Webhook& webhook : *page.mutable_webhooks()) {
        stored_.emplace(domain::Folded(webhook.name()), std::move(webhook));
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return kOk;
  }

  int Plan(const ProfileDocument& document) {
    const auto found = stored_.find(domain::Folded(document.webhook.name()));
    const std::string what =
        fmt::format("apply the webhook '{}'", document.webhook.name());
    grpc::Status status;
    v1::Webhook checked;
    if (found == stored_.end()) {
      v1::CreateWebhookRequest request;
      *request.mutable_webhook() = document.webhook;
      request.set_validate_only(true);
      status = stub_->CreateWebhook(MakeContext(session_).get(), request, &checked);
      if (!status.ok()) return Fail(session_, what, status);
      plans_.push_back(PlanCreate(document, checked));
    } else {
      const v1::Webhook& stored = found->second;
      v1::UpdateWebhookRequest request = UpdateOf(document.webhook, stored);
      request.set_validate_only(true);
      status = stub_->UpdateWebhook(MakeContext(session_).get(), request, &checked);
      if (!status.ok()) return Fail(session_, what, status);
      plans_.push_back(PlanUpdate(document, stored, request.webhook(), checked));
      CompareSecrets(document.webhook, stored, &plans_.back());
    }
    if (IsTable()) session_.out << PlanText(plans_.back());
    return kOk;
  }

  static v1::UpdateWebhookRequest UpdateOf(const v1::Webhook& wanted,
                                           const v1::Webhook& stored) {
    v1::UpdateWebhookRequest request;
    *request.mutable_webhook() = wanted;
    KeepStored(stored, request.mutable_webhook());
    request.mutable_webhook()->set_webhook_id(stored.webhook_id());
    request.mutable_webhook()->set_etag(stored.etag());
    request.mutable_update_mask()->add_paths("*");
    return request;
  }

  // Only the server can say whether a secret is the stored one.
  void CompareSecrets(const v1::Webhook& wanted, const v1::Webhook& stored,
                      ApplyPlan* plan) {
    std::set<std::string> same;
    for (const PlannedSecret& secret : plan->secrets) {
      const std::string field = TopOf(secret.given.field);
      const auto request = ProbeSecrets(stored, wanted, field);
      if (!request || same.count(field) > 0) continue;
      v1::Webhook answer;
      const grpc::Status status =
          stub_->UpdateWebhook(MakeContext(session_).get(), *request, &answer);
      if (status.ok() && !answer.etag().empty()) same.insert(field);
    }
    for (PlannedSecret& secret : plan->secrets) {
      secret.differs = same.count(TopOf(secret.given.field)) == 0;
    }
  }

  static std::string TopOf(const std::string& field) {
    return field.substr(0, field.find('.'));
  }

  // Asks a person only: what runs by itself has nobody to answer.
  bool Agreed(std::int64_t count) {
    if (flags_.yes || ::isatty(STDIN_FILENO) != 1 || &session_.in != &std::cin)
      return true;
    session_.err << fmt::format("Apply {} {}? [y/N] ", count,
                                count == 1 ? "change" : "changes")
                 << std::flush;
    std::string answer;
    std::getline(session_.in, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
  }

  int Apply() {
    for (const ApplyPlan& plan : plans_) {
      if (plan.action == ApplyAction::kNothing) continue;
      v1::Webhook answer;
      const grpc::Status status = plan.action == ApplyAction::kCreate
                                      ? Create(plan.webhook, &answer)
                                      : Update(plan.webhook, &answer);
      if (!status.ok()) {
        const int code = Fail(
            session_, fmt::format("apply the webhook '{}'", plan.webhook.name()), status);
        session_.err << fmt::format("{} of {} were applied; apply again for the rest.\n",
                                    applied_.size(), plans_.size());
        return code;
      }
      Tell(plan, answer);
      applied_[&plan] = std::move(answer);
    }
    return kOk;
  }

  grpc::Status Create(const v1::Webhook& webhook, v1::Webhook* answer) {
    v1::CreateWebhookRequest request;
    *request.mutable_webhook() = webhook;
    return stub_->CreateWebhook(MakeContext(session_).get(), request, answer);
  }

  grpc::Status Update(const v1::Webhook& webhook, v1::Webhook* answer) {
    v1::UpdateWebhookRequest request;
    *request.mutable_webhook() = webhook;
    request.mutable_update_mask()->add_paths("*");
    return stub_->UpdateWebhook(MakeContext(session_).get(), request, answer);
  }

  void Tell(const ApplyPlan& plan, const v1::Webhook& answer) {
    if (!IsTable()) return;
    session_.out << fmt::format(
        "{} {} ({})\n", plan.action == ApplyAction::kCreate ? "Created" : "Updated",
        Harmless(answer.name(), false), answer.webhook_id());
    if (answer.signing_secret().empty()) return;
    session_.out << fmt::format("  signing secret: {}\n", answer.signing_secret());
    session_.err
        << "Keep the signing secret for whoever verifies the requests: it is not "
           "shown again.\n";
  }

  // JSON is written once everything is known.
  int Finish(int code) {
    if (IsTable()) return code;
    const bool lines = session_.output == OutputFormat::kJsonLines;
    if (!lines) session_.out << "[";
    for (const ApplyPlan& plan : plans_) {
      const auto applied = applied_.find(&plan);
      const bool first = &plan == plans_.data();
      session_.out << (lines   ? ""
                       : first ? "\n"
                               : ",\n")
                   << PlanJson(plan,
                               applied == applied_.end() ? nullptr : &applied->second)
                   << (lines ? "\n" : "");
    }
    if (!lines) session_.out << "\n]\n";
    return code;
  }

  const Session& session_;
  const ApplyFlags& flags_;
  const std::unique_ptr<v1::WebhookService::Stub> stub_;
  std::map<std::string, v1::Webhook> stored_;  // by folded name
  std::vector<ApplyPlan> plans_;
  std::map<const ApplyPlan*, v1::Webhook> applied_;
  int problem_ = kOk;
};

}  // namespace

void AddApply(CLI::App* app, Session* session) {
  CLI::App* apply = app->add_subcommand(
      "apply",
      "Make webhooks what YAML files say: created where none of that name is there, "
      "updated where one differs, and the difference shown first. What a file leaves out "
      "gets its default, but for secrets and `enabled`, which stay as they are stored. "
      "`webhook export` writes such files");
  auto flags = std::make_shared<ApplyFlags>();
  apply
      ->add_option("-f,--file", flags->files,
                   "a file with one or several documents; - is standard input; repeat it")
      ->required()
      ->allow_extra_args(false)
      ->type_name("FILE");
  apply->add_flag("--dry-run", flags->dry_run,
                  "show the difference and change nothing; exit status 6 where there is "
                  "one, 0 where there is none");
  apply->add_flag("-y,--yes", flags->yes,
                  "do not ask; only a person at a terminal is asked");
  apply->callback([session, flags] {
    session->action = [session, flags] { return Applier(*session, *flags).Run(); };
  });
}

}  // namespace windrow::cli
