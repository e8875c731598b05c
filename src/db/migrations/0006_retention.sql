CREATE TABLE "scrub" (
	"room_id" uuid PRIMARY KEY NOT NULL,
	"after_position" bigint NOT NULL,
	"held_until" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "trimmed_room" (
	"room_id" uuid PRIMARY KEY NOT NULL,
	"room_seq" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "message" ADD COLUMN "is_expired" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "room" ADD COLUMN "message_retention_days" integer;--> statement-breakpoint
ALTER TABLE "scrub" ADD CONSTRAINT "scrub_room_id_room_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."room"("id") ON DELETE no action ON UPDATE no action;