import java.io.ByteArrayInputStream;
import java.io.File;
import java.nio.file.Files;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.bouncycastle.asn1.ASN1InputStream;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;

/** Judge FILE...: one line for each, what PDFBox and Bouncy Castle say of the signature of the whole file. */
class Judge {
    public static void main(String[] args) {
        java.util.logging.LogManager.getLogManager().reset();
        for (String name : args) {
            try (PDDocument document = PDDocument.load(new File(name))) {
                System.out.println(judge(document, Files.readAllBytes(new File(name).toPath())));
            } catch (Throwable e) {
                System.out.println("refused: " + e);
            }
        }
    }

    static String judge(PDDocument document, byte[] file) throws Exception {
        PDSignature newest = null;
        for (PDSignature s : document.getSignatureDictionaries())
            if (end(s) == file.length) newest = s;
        if (newest == null) return "no signature of the whole file";
        int[] range = newest.getByteRange();
        if (file[range[1]] != '<' || file[range[2] - 1] != '>') return "another gap";
        ByteArrayInputStream contents = new ByteArrayInputStream(newest.getContents(file));
        CMSSignedData cms = new CMSSignedData(new CMSProcessableByteArray(newest.getSignedContent(file)),
            ContentInfo.getInstance(new ASN1InputStream(contents).readObject()));
        for (SignerInformation signer : cms.getSignerInfos().getSigners()) {
            Object cert = cms.getCertificates().getMatches(signer.getSID()).iterator().next();
            if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().build((X509CertificateHolder) cert)))
                return "another signature";
        }
        return "verified " + document.getSignatureDictionaries().size();
    }

    static long end(PDSignature s) {
        int[] range = s.getByteRange();
        return range == null || range.length != 4 ? -1 : (long) range[2] + range[3];
    }
}
