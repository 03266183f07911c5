import java.nio.file.Files;
import java.nio.file.Path;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;

/** Judge SIGNATURE CONTENT|- ...: one line for each pair, what Bouncy Castle says of it. */
class Judge {
    public static void main(String[] args) throws Exception {
        for (int i = 0; i + 1 < args.length; i += 2) {
            try {
                System.out.println(judge(args[i], args[i + 1]));
            } catch (Exception e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
    }

    static String judge(String signature, String content) throws Exception {
        byte[] der = Files.readAllBytes(Path.of(signature));
        CMSSignedData cms = content.equals("-") ? new CMSSignedData(der)
            : new CMSSignedData(new CMSProcessableByteArray(Files.readAllBytes(Path.of(content))), der);
        int verified = 0;
        for (SignerInformation signer : cms.getSignerInfos().getSigners()) {
            Object cert = cms.getCertificates().getMatches(signer.getSID()).iterator().next();
            if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().build((X509CertificateHolder) cert)))
                return "refused: signature";
            verified++;
        }
        return "verified " + verified;
    }
}
