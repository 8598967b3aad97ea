ALTER TABLE "residual_shares" ALTER COLUMN "weight" SET DATA TYPE numeric;--> statement-breakpoint
ALTER TABLE "residuals" ALTER COLUMN "total_weight" SET DATA TYPE numeric;