// The verbs of `windrow`, each group in a file of its own. A function adds its commands
// to the application; a chosen command sets session->action.
#pragma once

#include "cli/session.h"

namespace CLI {
class App;
}

namespace windrow::cli {

void AddMigrate(CLI::App* app, Session* session);
void AddKeys(CLI::App* app, Session* session);
void AddConfig(CLI::App* app, Session* session);
void AddWebhook(CLI::App* app, Session* session);
void AddWebhookExport(CLI::App* group, Session* session);
void AddTrigger(CLI::App* app, Session* session);
void AddApply(CLI::App* app, Session* session);
void AddEvent(CLI::App* app, Session* session);
void AddEventType(CLI::App* app, Session* session);
void AddEventExplain(CLI::App* group, Session* session);
void AddDelivery(CLI::App* app, Session* session);
void AddOperation(CLI::App* app, Session* session);
void AddRedeliver(CLI::App* app, Session* session);
void AddWebhookRecover(CLI::App* group, Session* session);
void AddDeliveryTail(CLI::App* group, Session* session);
void AddStats(CLI::App* app, Session* session);
void AddAudit(CLI::App* app, Session* session);
void AddPayload(CLI::App* app, Session* session);
void AddApiKey(CLI::App* app, Session* session);
void AddTenant(CLI::App* app, Session* session);
void AddHealth(CLI::App* app, Session* session);
void AddVersion(CLI::App* app, Session* session);
void AddDev(CLI::App* app, Session* session);

// Parses the arguments and runs the verb. Returns the exit status.
int Run(int argc, const char* const* argv, Session* session);

}  // namespace windrow::cli
